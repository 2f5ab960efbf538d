"""Which process leads the background work: of all on one database, on any machine, at most one at a time.

The leader holds a lock of PostgreSQL in a transaction that stays open. PostgreSQL ends that transaction, and with it
the lock, when it has received nothing from the leader for LOST_AFTER_SECONDS: the leader was cut off, or stands still.
The leader stops earlier, when it has received nothing for LEADS_FOR_SECONDS. So no two lead at once, whatever the
network does. It works through PgBouncer, and prevents no VACUUM: between statements the transaction sees nothing.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from models.storage.database import Database

RENEWED_EVERY_SECONDS: Final = 3
LEADS_FOR_SECONDS: Final = 10.0
LOST_AFTER_SECONDS: Final = 15
# When it dies, the connection ends and the lock with it: another leads when it next asks.
DEAD_AFTER_SECONDS: Final = RENEWED_EVERY_SECONDS + 2
CUT_OFF_AFTER_SECONDS: Final = LOST_AFTER_SECONDS + RENEWED_EVERY_SECONDS + 2
APPLICATION: Final = "caseaudit leads background work"
_LOCK: Final = 2022022105
_PREPARE: Final = text(
    "SELECT set_config('application_name', :name, true), set_config('statement_timeout', '5s', true),"
    " set_config('idle_in_transaction_session_timeout', :lost, true), set_config('transaction_read_only', 'on', true)"
)
# A standby has locks of its own: nobody leads there.
_TRY: Final = text(f"SELECT CASE WHEN pg_is_in_recovery() THEN false ELSE pg_try_advisory_xact_lock({_LOCK}) END")


class Leads(Protocol):
    """Says whether this process leads at this moment."""

    @property
    def leads(self) -> bool: ...


class Leader:
    """Decides whether this process leads. Call `stand` every RENEWED_EVERY_SECONDS, and check `leads` before each piece
    of work.

    On SQLite the only process always leads.
    """

    def __init__(self, database: Database, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._engine = database.engine
        self._is_alone = database.is_sqlite
        self._monotonic = monotonic
        self._held: Connection | None = None
        self._until = 0.0

    @property
    def leads(self) -> bool:
        return self._is_alone or self._monotonic() < self._until

    def stand(self) -> bool:
        """Lead if nobody does, or go on leading; whether this process leads now. Raises what the database says."""
        if self._is_alone:
            return True
        asked = self._monotonic()
        try:
            if self._held is None:
                self._held = self._lock()
            else:
                self._held.exec_driver_sql("SELECT 1")
        except SQLAlchemyError:
            self.resign()
            raise
        if self._held is not None:
            self._until = asked + LEADS_FOR_SECONDS
        return self.leads

    def resign(self) -> None:
        """Let another lead."""
        self._until = 0.0
        held, self._held = self._held, None
        if held is not None:
            with suppress(SQLAlchemyError):
                held.close()

    def _lock(self) -> Connection | None:
        connection = self._engine.connect()
        try:
            connection.execute(_PREPARE, {"name": APPLICATION, "lost": f"{LOST_AFTER_SECONDS}s"})
            if connection.execute(_TRY).scalar_one():
                return connection
        except BaseException:
            connection.close()
            raise
        connection.close()
        return None
