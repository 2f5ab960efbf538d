"""Reading from a hot standby of PostgreSQL, where it has everything that was committed before it is asked.

So what is read there is never older than what the primary would have answered at that moment: a person sees their own
save. How far the primary has written its log is asked first, and the standby must have replayed as much. Neither
depends on a clock, and a primary that nobody writes to does not look ahead of its standby.
"""

import logging
import time
from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from models.storage.failures import is_lost
from models.storage.postgresql.engine import open_postgresql

LONGEST_WAIT_SECONDS: Final = 0.5  # until it has replayed what the primary has
LOOKS_EVERY_SECONDS: Final = 0.005
NOT_ASKED_SECONDS: Final = 30.0  # after it did not answer
CONNECT_SECONDS: Final = 2
POOL_SIZE: Final = 5
POOL_OVERFLOW: Final = 35  # as many as to the primary: all slots together
LOG: Final = logging.getLogger("caseaudit")
Result = TypeVar("Result")

_OF_PRIMARY: Final = text(
    "SELECT (SELECT system_identifier FROM pg_control_system()), current_database(),"
    " CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_flush_lsn()::text END,"
    " coalesce(row_security_active(to_regclass('audit')), false)"
)
_OF_STANDBY: Final = text(
    "SELECT pg_is_in_recovery() AND current_database() = :name"
    " AND (SELECT system_identifier FROM pg_control_system()) = :system,"
    " coalesce(pg_last_wal_replay_lsn() >= CAST(:written AS pg_lsn), false),"
    " CAST(:separates AS boolean) AND NOT coalesce(row_security_active(to_regclass('audit')), false)"
)


class Position(NamedTuple):
    """Which database this is, how far its log is written, and whether it hides rows of other organisations."""

    system: int
    name: str
    written: str | None
    separates: bool


class StandbyUnusable(Exception):
    """The standby cannot be read now; says why."""


def position_of(primary: Session) -> Position:
    """How far the primary is: everything that was acknowledged is before it."""
    return Position(*primary.connection().execute(_OF_PRIMARY).one())


class Standby:
    """A copy of the database that PostgreSQL keeps up to date, and that can only be read."""

    def __init__(self, url: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.url = url
        self.engine = open_postgresql(
            url, pool_size=POOL_SIZE, max_overflow=POOL_OVERFLOW, connect_seconds=CONNECT_SECONDS
        )
        self._monotonic = monotonic
        self._not_before = 0.0
        self._is_used = True

    def read(self, position: Position, read: Callable[[Session], Result]) -> Result:
        """What `read` returns when it reads from the standby. Raises StandbyUnusable, and whatever `read` raises."""
        if self._monotonic() < self._not_before:
            raise StandbyUnusable("It did not answer a moment ago.")
        try:
            with Session(self.engine, expire_on_commit=False) as session:
                self._wait_until_it_has(session, position)
                self._note("")
                return read(session)
        except SQLAlchemyError as error:
            # This includes a query that PostgreSQL cancelled because it conflicted with what the standby replays.
            if is_lost(error):
                self._not_before = self._monotonic() + NOT_ASKED_SECONDS
            self._note(type(error).__name__)
            raise StandbyUnusable(type(error).__name__) from error

    def problem(self, position: Position) -> str:
        """Why it could not be read now; nothing when it could."""
        try:
            self.read(position, lambda _: None)
        except StandbyUnusable as unusable:
            return str(unusable)
        return ""

    def _wait_until_it_has(self, session: Session, position: Position) -> None:
        ends = self._monotonic() + LONGEST_WAIT_SECONDS
        while True:
            is_standby, has_it, shows_all = session.connection().execute(_OF_STANDBY, position._asdict()).one()
            if not is_standby:
                self._refuse("It is no standby of this database.")
            if has_it and shows_all:
                self._refuse("Its role sees the rows of every organisation.")
            if has_it:
                return
            if self._monotonic() > ends:
                self._refuse("It is behind.")
            time.sleep(LOOKS_EVERY_SECONDS)

    def _refuse(self, why: str) -> None:
        self._note(why)
        raise StandbyUnusable(why)

    def _note(self, problem: str) -> None:
        """Log when it is no longer used, and when it is used again."""
        if self._is_used and problem:
            LOG.warning("reports are read from the primary, because the standby cannot be used: %s", problem)
        elif not self._is_used and not problem:
            LOG.warning("reports are read from the standby again")
        self._is_used = not problem
