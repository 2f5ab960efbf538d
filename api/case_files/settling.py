"""Finishing case lists after their import: their changes are written into known case files, or an abandoned list is
removed.

Nobody sees a difference meanwhile: `CaseFile` shows all changes of an imported list, and none of an abandoned one. So
the work is done some cases at a time, in short transactions.
"""

import time
import uuid
from collections.abc import Callable
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import Row, delete, select, update
from sqlmodel import Session

from api.case_files.tags import add_tags, tag_rows, tags_by_category
from api.foundation.settings import Settings
from models import CaseFileChange, CaseFileHarm, CaseListEntry, ImportState, StoredCaseFile, StoredCaseList, StoredTeam
from models.storage.bulk import table_of
from models.storage.database import Database, rows_changed

CASES_AT_ONCE: Final = 500
# A list that is being imported stores its next piece after some milliseconds, or gives up after some seconds. One that
# is given up by mistake is prepared again.
SILENT_SECONDS: Final = 10
_LOCK: Final = 2022022104

_LISTS, _FILES, _CHANGES = table_of(StoredCaseList), table_of(StoredCaseFile), table_of(CaseFileChange)
_ENTRIES, _TEAMS, _HARMS = table_of(CaseListEntry), table_of(StoredTeam), table_of(CaseFileHarm)
# What a list says of a case file, by the name of its column.
LISTED_FIELDS: Final = (
    "reference",
    "team_id",
    "status",
    "age_band",
    "category",
    "worker",
    "started_in",
    "closed_in",
    "re_referral",
    "counts",
    "characteristics",
    "key_id",
)


def block_imports(session: Session, organisation_id: int) -> None:
    """Prevent the organisation's lists from being finished until this transaction ends: their input may change."""
    _lock(session, "pg_advisory_xact_lock_shared", organisation_id)


def hold_case_files(session: Session, organisation_id: int) -> None:
    """Wait for changes to what a list uses, and prevent others until this transaction ends."""
    _lock(session, "pg_advisory_xact_lock", organisation_id)


def _lock(session: Session, function: str, organisation_id: int) -> None:
    if session.connection().dialect.name == "postgresql":  # a writer to SQLite is alone
        session.connection().exec_driver_sql(f"SELECT {function}(%s, %s)", (_LOCK, organisation_id))


def unsettled_list(session: Session, organisation_id: int, *, lock: bool = False) -> Row[Any] | None:
    """The organisation's list that is not settled, if there is one."""
    mine = (_LISTS.c.organisation_id == organisation_id, _LISTS.c.state != ImportState.SETTLED)
    query = select(_LISTS).where(*mine)
    return session.connection().execute(query.with_for_update(key_share=True) if lock else query).one_or_none()


def settle_one(session: Session, organisation_id: int, case_file_id: uuid.UUID) -> None:
    """Write into one case file what an imported list says of it, so that it can be changed."""
    listed = unsettled_list(session, organisation_id)
    if listed is not None and listed.state is ImportState.SETTLING:
        _settle(session, listed, [_CHANGES.c.case_file_id == case_file_id])


def give_up(session: Session, organisation_id: int, case_list_id: uuid.UUID) -> bool:
    """Give up a list that is not imported yet; returns whether there was one. `clear_some` removes its rows."""
    mine = (_LISTS.c.organisation_id == organisation_id, _LISTS.c.id == case_list_id)
    storing = _LISTS.c.state == ImportState.STORING
    return bool(rows_changed(session, update(_LISTS).where(*mine, storing).values(state=ImportState.GIVEN_UP)))


def clear_some(session: Session, organisation_id: int) -> bool:
    """Settle or remove some cases of the organisation's list; returns whether there may be more of them."""
    listed = unsettled_list(session, organisation_id, lock=True)
    if listed is None or listed.state is ImportState.STORING:
        return False
    if listed.state is ImportState.GIVEN_UP:
        return _remove_some(session, listed)
    if _settle(session, listed, []):
        return True
    session.connection().execute(update(_LISTS).where(*_list_of(listed)).values(state=ImportState.SETTLED))
    return False


def clear_all(database: Database) -> None:
    """Settle every imported list, and remove every abandoned one. Raises after all have been tried."""
    left = (ImportState.SETTLING, ImportState.GIVEN_UP)
    failures: list[Exception] = []
    for listed in _in_states(database, *left):
        more = True
        try:
            while more:
                with database.writing(listed.organisation_id) as session:
                    more = clear_some(session, listed.organisation_id)
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


def _list_of(listed: Row[Any]) -> tuple[Any, ...]:
    return _LISTS.c.organisation_id == listed.organisation_id, _LISTS.c.id == listed.id


def _settle(session: Session, listed: Row[Any], which: list[Any]) -> bool:
    """Write some changes into their case files; returns whether there were any."""
    connection = session.connection()
    own = (_CHANGES.c.organisation_id == listed.organisation_id, _CHANGES.c.case_list_id == listed.id)
    # Locked: otherwise a concurrent edit of one of these case files would be overwritten.
    some = (
        select(_CHANGES.c.case_file_id)
        .where(*own, *which)
        .order_by(_CHANGES.c.case_file_id)
        .limit(CASES_AT_ONCE)
        .with_for_update()
    )
    ids = list(connection.execute(some).scalars())
    if not ids:
        return False
    these = (*own, _CHANGES.c.case_file_id.between(ids[0], ids[-1]))
    connection.execute(
        update(_FILES)
        .where(
            _FILES.c.organisation_id == listed.organisation_id,
            _FILES.c.organisation_id == _CHANGES.c.organisation_id,
            _FILES.c.id == _CHANGES.c.case_file_id,
            *these,
        )
        .values({name: _CHANGES.c[name] for name in (*LISTED_FIELDS, "version")})
    )
    tags = tags_by_category(session, listed.organisation_id)
    if tags:
        changed = connection.execute(select(_CHANGES.c.case_file_id, _CHANGES.c.category).where(*these)).all()
        add_tags(session, tag_rows(listed.organisation_id, [(each[0], each[1]) for each in changed], tags))
    connection.execute(delete(_CHANGES).where(*these))
    return True


def _remove_some(session: Session, listed: Row[Any]) -> bool:
    connection = session.connection()
    own = (_ENTRIES.c.organisation_id == listed.organisation_id, _ENTRIES.c.case_list_id == listed.id)
    some = select(_ENTRIES.c.case_file_id).where(*own).order_by(_ENTRIES.c.case_file_id).limit(CASES_AT_ONCE)
    ids = list(connection.execute(some).scalars())
    if ids:
        between = (ids[0], ids[-1])
        mine = _CHANGES.c.organisation_id == listed.organisation_id, _CHANGES.c.case_list_id == listed.id
        connection.execute(delete(_CHANGES).where(*mine, _CHANGES.c.case_file_id.between(*between)))
        connection.execute(delete(_ENTRIES).where(*own, _ENTRIES.c.case_file_id.between(*between)))
        brought = _FILES.c.organisation_id == listed.organisation_id, _FILES.c.brought_by == listed.id
        these = (*brought, _FILES.c.id.between(*between))
        own_tags = (
            _HARMS.c.organisation_id == listed.organisation_id,
            _HARMS.c.case_file_id.in_(select(_FILES.c.id).where(*these)),
        )
        connection.execute(delete(_HARMS).where(*own_tags))
        connection.execute(delete(_FILES).where(*these))
        return True
    brought = _TEAMS.c.organisation_id == listed.organisation_id, _TEAMS.c.brought_by == listed.id
    connection.execute(delete(_TEAMS).where(*brought))
    connection.execute(delete(_LISTS).where(*_list_of(listed)))
    return False


_WATCHES: Final[WeakKeyDictionary[Database, StalledImports]] = WeakKeyDictionary()


def settle_all(database: Database, _: Settings) -> None:
    """Give up lists whose import has stopped, and settle or remove the rest, as background work."""
    _WATCHES.setdefault(database, StalledImports(database)).look()
    clear_all(database)
