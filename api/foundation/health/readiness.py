"""Readiness: what `/health/ready` reports. The database is queried in a thread of its own."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, event, text
from sqlalchemy.engine import ExceptionContext

from api.foundation.hooks import Hook
from api.foundation.http.capacity import Capacity
from api.foundation.settings import Settings
from api.foundation.workers import Workers
from models.clock import last_jump
from models.storage.database import Database
from models.storage.failures import is_about_the_disk
from models.storage.sqlite_engine import NoRoom, check_room

ANSWER_SECONDS: Final = 3.0
REMEMBERED_SECONDS: Final = 2.0
FAILED_LATELY_SECONDS: Final = 10.0
# Longer than anything may hold a scarce slot.
STUCK_SECONDS: Final = 4.0
_BUSY, _LOCKED = 5, 6
_POSTGRESQL_ONLY_READS: Final = "25006"


@dataclass(frozen=True, slots=True)
class Check:
    """One condition for sending requests here; `detail` says what is wrong, or that nothing is."""

    name: str
    ok: bool
    detail: str
    # Requests can be served, but somebody should look.
    warns: bool = False


# Further checks of the service, which only look at memory and return at once; None where there is nothing to check.
CHECKS: Final = Hook[Callable[[Settings], Check | None]]("checks of readiness")


class Readiness:
    """The checks of one service process.

    `more` holds further checks, which only look at memory and return at once. The database is queried at most every two
    seconds, however many requests there are; each is answered within three, whatever the database does.
    """

    def __init__(self, database: Database) -> None:
        self.more: list[Callable[[], Check | None]] = []
        self._database = database
        self._writes = LastWrite(database.engine)
        self._query_thread = ThreadPoolExecutor(1, thread_name_prefix="ready")
        self._asked: Future[Check] | None = None
        self._asked_at = 0.0

    async def checks(self) -> list[Check]:
        """Every check, the database's first."""
        more = (check() for check in self.more)
        return [await self._of_database(), *(check for check in more if check is not None)]

    async def _of_database(self) -> Check:
        asked = self._asked
        if asked is None or (asked.done() and time.monotonic() - self._asked_at > REMEMBERED_SECONDS):
            asked = self._asked = self._query_thread.submit(self._ask)
            self._asked_at = time.monotonic()
        # A query that does not return is not repeated: it would only use a second thread and connection.
        waiting = asyncio.wrap_future(asked)
        done, _ = await asyncio.wait([waiting], timeout=ANSWER_SECONDS)
        if not done:
            return Check("database", ok=False, detail="The database does not answer.")
        return waiting.result()

    def _ask(self) -> Check:
        problem = self._problem()
        return Check("database", ok=not problem, detail=problem or "The database can be read and written.")

    def _problem(self) -> str:
        try:
            if self._database.engine.dialect.name == "sqlite":
                file = Path(str(self._database.engine.url.database))
                check_room(file)
                write_to_sqlite(self._database.engine)
            else:
                write_to_postgresql(self._database.engine)
        except NoRoom:
            return "The database disk is full."
        except Exception:  # noqa: BLE001 - whatever the error, the database cannot be written
            return "The database cannot be read or written."
        if self._writes.failed_lately():
            return "The last write to the database failed."
        return ""


def check_slots(capacity: Capacity, database: Database) -> Check:
    """Whether waiting requests get slots: of the writer, and of every other kind."""
    stuck = [load.name for load in (*capacity.loads, database.writer.load) if load.stuck_for > STUCK_SECONDS]
    return Check(
        "queues", ok=not stuck, detail=f"Stuck: {', '.join(stuck)}." if stuck else "Background work is running."
    )


def check_workers(workers: Workers) -> Check:
    """Whether every background worker completes its runs, without failing again and again."""
    problems = workers.problems
    return Check("workers", ok=not problems, detail=" ".join(problems) or "Background work is succeeding.")


def report_clock() -> Check:
    """The last jump of the clock, for information. The service goes on working: see `models.clock`."""
    jump = last_jump()
    return Check("clock", ok=True, detail="The clock has not jumped." if jump is None else f"Last clock jump: {jump}.")


def write_to_sqlite(engine: Engine) -> None:
    """Write one page through to the disk. Does not wait for another connection's write, which shows the same."""
    with closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT count(*) FROM sqlite_master")
        waits = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        try:
            cursor.execute("PRAGMA busy_timeout = 0")
            version = cursor.execute("PRAGMA user_version").fetchone()[0]
            cursor.execute(f"PRAGMA user_version = {version}")
        except engine.dialect.loaded_dbapi.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in {_BUSY, _LOCKED}:
                raise
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {waits}")
            cursor.close()


def write_to_postgresql(engine: Engine) -> None:
    """Begin and end a transaction that counts as writing: a read-only server refuses it."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = '2s'"))
        only_reads = connection.execute(
            text("SELECT current_setting('transaction_read_only'), txid_current()")
        ).scalar()
    if only_reads == "on":
        raise PermissionError("PostgreSQL is read-only")


class LastWrite:
    """How the last writing transaction of an engine ended."""

    def __init__(self, engine: Engine) -> None:
        self._failed_at: float | None = None
        event.listen(engine, "commit", self._committing)
        event.listen(engine, "handle_error", self._failed)

    def failed_lately(self) -> bool:
        at = self._failed_at
        return at is not None and time.monotonic() - at < FAILED_LATELY_SECONDS

    def _committing(self, _: object) -> None:
        # Set just before the commit; if that fails, the failure is set after it.
        self._failed_at = None

    def _failed(self, context: ExceptionContext) -> None:
        error = context.original_exception
        if is_about_the_disk(error) or getattr(error, "sqlstate", None) == _POSTGRESQL_ONLY_READS:
            self._failed_at = time.monotonic()
