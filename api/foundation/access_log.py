"""Record who views audit content, once an hour for each person and record. What cannot be recorded is not shown."""

import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from api.foundation import events
from api.foundation.permissions import Actor
from models import Event, now
from models.storage.database import Database, OutcomeUnknown
from models.storage.portions import in_portions
from models.storage.trail import Row, TrailUnwritable, check_trail_writable, lock_trail, pending_events

# For how long after a successful write or check the trail is assumed to be writable.
BELIEVED_SECONDS: Final = 5
_NOTED: Final = "what was read in this session"
_ONE_AN_HOUR: Final = ("organisation_id", "kind", "subject_id", "person_id", "token_id")


def record_view(session: Session, kind: str, subject_id: uuid.UUID, *, by: Actor) -> None:
    """Note that the actor views this. It is recorded before the response is sent, once an hour."""
    session.info.setdefault(_NOTED, []).append(events.row(kind, subject_id, by=by))


def pending_views(session: Session) -> list[Row]:
    """The views noted in this session."""
    rows: list[Row] = session.info.get(_NOTED, [])
    return rows


class AccessRecorder:
    """Records views in one database, and remembers which ones it has recorded in this hour.

    So a person who pages through an audit waits for the trail once. When the trail cannot be written, everything is
    forgotten, and nothing is shown until it can.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._recorded: set[tuple[Any, ...]] = set()
        self._hour = now()
        self._written = -float(BELIEVED_SECONDS)
        self._lock = threading.Lock()

    def must_be_recorded(self, rows: Sequence[Row]) -> bool:
        """Whether these views must wait for the trail: some are new, or the trail was not written recently."""
        return bool(rows) and (bool(self._not_remembered(rows)) or time.monotonic() - self._written >= BELIEVED_SECONDS)

    def record(self, rows: Sequence[Row]) -> None:
        """Record these views, each once an hour. Raises TrailUnwritable: the response must not be sent then."""
        if self.must_be_recorded(rows):
            with self.recording(rows), self._database.writing() as session:
                self.add(session, rows)

    @contextmanager
    def recording(self, rows: Sequence[Row]) -> Iterator[None]:
        """Wrap the transaction that records these views, and remember them when it commits. Raises TrailUnwritable."""
        fresh = self._not_remembered(rows)
        try:
            yield
        except (SQLAlchemyError, TrailUnwritable, OutcomeUnknown) as error:
            with self._lock:
                self._recorded.clear()
                self._written = -float(BELIEVED_SECONDS)
            raise TrailUnwritable from error
        with self._lock:
            self._recorded.update(map(_key, fresh))
            self._written = time.monotonic()

    def add(self, session: Session, rows: Sequence[Row]) -> None:
        """Add these views to what the session writes; when none is new, check that the trail can be written."""
        new = _not_stored(session, self._not_remembered(rows))
        pending_events(session).extend(new)
        events.record_with(session, new)
        if rows and not new:
            check_trail_writable(session, rows[0])

    def record_with(self, session: Session) -> None:
        """Record the noted views in a session that writes anyway; the change itself is a separate event."""
        if not pending_events(session):
            pending_events(session).extend(_not_stored(session, self._not_remembered(pending_views(session))))
        events.record_with(session, pending_views(session))

    def _not_remembered(self, rows: Sequence[Row]) -> list[Row]:
        hour = _hour_of(now())
        with self._lock:
            if hour != self._hour:
                self._recorded.clear()
                self._hour = hour
            # One session may note the same view twice.
            return list({_key(row): row for row in rows if _key(row) not in self._recorded}.values())


def _not_stored(session: Session, rows: Sequence[Row]) -> list[Row]:
    """Those rows for which the trail has no event in this hour: another process may have recorded it."""
    for organisation_id in sorted({row["organisation_id"] for row in rows}):
        lock_trail(session, organisation_id)
    stored = _stored_this_hour(session, rows)
    return [row for row in rows if (_key(row), _hour_of(row["at"])) not in stored]


def _stored_this_hour(session: Session, rows: Sequence[Row]) -> set[tuple[tuple[Any, ...], datetime]]:
    """The views that the trail has an event of in their hour: one question for all that one person views, because a
    page may show a hundred audits.
    """
    views: dict[tuple[Any, ...], list[uuid.UUID]] = {}
    for row in rows:
        group = (*(row[name] for name in _ONE_AN_HOUR if name != "subject_id"), _hour_of(row["at"]))
        views.setdefault(group, []).append(row["subject_id"])
    found: set[tuple[tuple[Any, ...], datetime]] = set()
    for (organisation_id, kind, person_id, token_id, hour), subjects in views.items():
        # Bounded on both sides: events written before the clock was set back are dated in the future.
        this_hour = (col(Event.at) >= hour, col(Event.at) < hour + timedelta(hours=1))
        of_one = (
            col(Event.organisation_id) == organisation_id,
            col(Event.kind) == kind,
            col(Event.person_id) == person_id,
            col(Event.token_id) == token_id,
        )
        for some in in_portions(subjects):
            query = select(Event.subject_id).where(*of_one, col(Event.subject_id).in_(some), *this_hour)
            stored = session.exec(query)
            found |= {((organisation_id, kind, subject, person_id, token_id), hour) for subject in stored}
    return found


def _key(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in _ONE_AN_HOUR)


def _hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
