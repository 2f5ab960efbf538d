"""Case lists whose import is not finished: found every few seconds, and settled or given up.

Nearly always there is none, so `api.case_files.settling`, which settles them, is imported only for the first.
"""

import time
import uuid
from collections.abc import Callable
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import Row, select, update
from sqlmodel import Session

from api.foundation.hooks import Later
from api.foundation.settings import Settings
from models import ImportState, StoredCaseList
from models.storage.bulk import table_of
from models.storage.database import Database, rows_changed

# A list that is being imported stores its next piece after some milliseconds, or gives up after some seconds. One that
# is given up by mistake is prepared again.
SILENT_SECONDS: Final = 10
_CLEAR_SOME: Final = Later("api.case_files.settling", "clear_some")
_LISTS: Final = table_of(StoredCaseList)


def give_up(session: Session, organisation_id: int, case_list_id: uuid.UUID) -> bool:
    """Give up a list that is not imported yet; returns whether there was one. `clear_some` removes its rows."""
    mine = (_LISTS.c.organisation_id == organisation_id, _LISTS.c.id == case_list_id)
    storing = _LISTS.c.state == ImportState.STORING
    return bool(rows_changed(session, update(_LISTS).where(*mine, storing).values(state=ImportState.GIVEN_UP)))


def clear_all(database: Database) -> None:
    """Settle every imported list, and remove every abandoned one. Raises after all have been tried."""
    left = (ImportState.SETTLING, ImportState.GIVEN_UP)
    failures: list[Exception] = []
    for listed in _in_states(database, *left):
        more = True
        try:
            while more:
                with database.writing(listed.organisation_id) as session:
                    more = _CLEAR_SOME(session, listed.organisation_id)
        except Exception as failure:  # noqa: BLE001 - one organisation's list must not block the others; raised below
            failures.append(failure)
    if failures:
        raise ExceptionGroup("case lists that could not be settled", failures)


def give_up_interrupted(database: Database) -> None:
    """Give up every list that is not imported. For the start of the only process that uses the database."""
    for listed in _in_states(database, ImportState.STORING):
        with database.writing(listed.organisation_id) as session:
            give_up(session, listed.organisation_id, listed.id)


class StalledImports:
    """Finds lists whose import has stopped, because its process has ended.

    Measures by a monotonic clock and by how much is stored, and so does not depend on the system time.
    """

    def __init__(self, database: Database, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._database, self._monotonic = database, monotonic
        self._seen: dict[uuid.UUID, tuple[int, float]] = {}

    def look(self) -> None:
        """Give up lists without progress for SILENT_SECONDS. Call every few seconds."""
        moment, found = self._monotonic(), _in_states(self._database, ImportState.STORING)
        before = self._seen
        self._seen = {}
        for listed in found:
            stored, since = before.get(listed.id, (listed.stored, moment))
            if stored != listed.stored:
                since = moment
            self._seen[listed.id] = (listed.stored, since)
            if moment - since >= SILENT_SECONDS:
                with self._database.writing(listed.organisation_id) as session:
                    give_up(session, listed.organisation_id, listed.id)


def _in_states(database: Database, *states: ImportState) -> list[Row[Any]]:
    with database.reading() as session:
        query = select(_LISTS).where(_LISTS.c.state != ImportState.SETTLED, _LISTS.c.state.in_(states))
        return list(session.connection().execute(query))


_WATCHES: Final[WeakKeyDictionary[Database, StalledImports]] = WeakKeyDictionary()


def settle_all(database: Database, _: Settings) -> None:
    """Give up lists whose import has stopped, and settle or remove the rest, as background work."""
    _WATCHES.setdefault(database, StalledImports(database)).look()
    clear_all(database)
