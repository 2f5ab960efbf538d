"""The database: opening it safely, and one transaction at a time."""

import math
import select
import time
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from sqlalchemy import CursorResult, Engine, Executable, create_engine, event, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Session

from models.storage import row_security
from models.storage.failures import is_lost
from models.storage.slots import Slots
from models.storage.sqlite_engine import WriteAheadLog, check_room, open_sqlite
from models.storage.sqlite_key import DatabaseKey
from models.storage.trail import EventKey, TrailSession, append_pending_events

# More than all slots of the service together (docs/load.md), so that nobody ever waits for a connection.
POOL_SIZE = 10
POOL_OVERFLOW = 30
# SQLite has one writer. PostgreSQL has several, and one organisation uses some of them: its transactions queue for its
# trail anyway.
POSTGRESQL_WRITERS = 4
POSTGRESQL_WRITERS_OF_ONE = 2
LONGEST_WAIT_SECONDS = 5
STATEMENT_TIMEOUT_MILLISECONDS = 30_000
LOCK_TIMEOUT_MILLISECONDS = 2_500  # no lock is held for longer than a short transaction takes
ASKED_AFTER_SECONDS = 5  # without use, after which a connection to PostgreSQL may have been lost


class OutcomeUnknown(Exception):
    """The connection was lost during the commit: all of the transaction is stored, or nothing of it."""


class Database:
    """One database, and the two ways to use it: `reading()` and `writing()`, each one transaction.

    `writer` are the slots for transactions that write: one on SQLite, which has one writer at a time. With `event_key`,
    which the service sets, each event gets its code. `key` is what an encrypted one was opened with.
    """

    def __init__(self, engine: Engine, key: DatabaseKey | None = None) -> None:
        self.engine = engine
        self.key = key
        self.is_sqlite = engine.dialect.name == "sqlite"
        self.event_key: EventKey | None = None
        self._file = Path(str(engine.url.database)) if self.is_sqlite else None
        self._write_engine = engine.execution_options(writes=True)
        self.writer = (
            # Waiting here is fair and quick; waiting inside SQLite is by sleeps of up to 100 ms, in no order.
            Slots("writer", 1, longest_wait=LONGEST_WAIT_SECONDS)
            if self.is_sqlite
            else Slots(
                "writer",
                POSTGRESQL_WRITERS,
                longest_wait=LONGEST_WAIT_SECONDS,
                most_of_one=POSTGRESQL_WRITERS_OF_ONE,
            )
        )
        self._separates_rows = None if engine.dialect.name == "postgresql" else False
        self._log = WriteAheadLog(engine, self.writer.hold) if self.is_sqlite else None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that only reads; any change in it is rolled back."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def reading_one_moment(self) -> Iterator[Session]:
        """A reading transaction in which every statement sees the same moment, whatever is committed meanwhile."""
        with self.reading() as session:
            if not self.is_sqlite:  # there, a reading transaction sees one moment anyway
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session

    @contextmanager
    def writing(self, owner: Hashable = None) -> Iterator[Session]:
        """A transaction that commits when the block ends, and is rolled back when it raises.

        Waits in this thread for a slot of the writer, in turn with other owners. The events recorded in it are appended
        to their trails just before the commit. Raises Busy, TrailUnwritable when appending fails, and OutcomeUnknown.
        """
        with self.writer.hold(owner), self.writing_in_held_slot() as session:
            yield session

    @contextmanager
    def writing_in_held_slot(self) -> Iterator[Session]:
        """The same for callers that hold a slot of the writer already. Raises NoRoom too."""
        if self._file is not None:
            check_room(self._file)
        commits = False
        try:
            with TrailSession(self._write_engine, expire_on_commit=False) as session, session.begin():
                yield session
                commits = True  # on PostgreSQL the events and the commit are one round trip
                append_pending_events(session, self.event_key)
        except Exception as error:
            if commits and is_lost(error):
                raise OutcomeUnknown from error
            raise

    def narrow(self, session: Session, organisation_id: int) -> None:
        """Let the transaction see this organisation's rows only, where the database separates them (`row_security`).

        Whether it does is asked once: restart the service after switching it on.
        """
        if self._separates_rows is None:
            self._separates_rows = row_security.is_on(session.connection())
        if self._separates_rows:
            row_security.narrow(session.connection(), organisation_id)

    def empty_log(self) -> None:
        """Copy SQLite's write-ahead log into the database and truncate it, so that deleted data does not stay in it
        either.

        While a long reading transaction needs the log, that is postponed to `shorten_log`.
        """
        if self._log is not None:
            self._log.empty()

    def shorten_log(self) -> None:
        """Copy SQLite's write-ahead log into the database, outside users' writes. Call every second."""
        if self._log is not None:
            self._log.shorten()

    def close(self) -> None:
        self.engine.dispose()


def rows_changed(session: Session, statement: Executable) -> int:
    """Run an INSERT, UPDATE or DELETE; returns how many rows it changed."""
    # PostgreSQL's driver reports the number of rows of an INSERT only on request.
    result = session.execute(statement, execution_options={"preserve_rowcount": True})
    return cast("CursorResult[Any]", result).rowcount  # these statements return no rows


def open_database(url: str, key: DatabaseKey | None = None) -> Database:
    """Open the database at `url`: `sqlite:///path/to.db`, with its key if it is encrypted, or `postgresql://...`.

    Every SQLite connection enforces foreign keys and writes through to the disk (synchronous=FULL). Raises ValueError
    for another kind of database, UnsafeDatabase for a SQLite database that could lose data, and KeyProblem.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return Database(open_sqlite(url, key=key, pool_size=POOL_SIZE, max_overflow=POOL_OVERFLOW), key)
    if parsed.get_backend_name() == "postgresql":
        return Database(_open_postgresql(url))
    raise ValueError(f"{parsed.get_backend_name()} is not supported. Use sqlite:///file.db or postgresql://...")


def _open_postgresql(url: str) -> Engine:
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_use_lifo=True,  # the connection used last has its pages and plans in its caches
        # Compiling a report's query takes PostgreSQL longer than it saves.
        connect_args={
            "options": f"-c timezone=UTC -c jit=off -c statement_timeout={STATEMENT_TIMEOUT_MILLISECONDS}"
            f" -c lock_timeout={LOCK_TIMEOUT_MILLISECONDS}"
        },
    )

    @event.listens_for(engine, "checkin")
    def note(_: object, entry: ConnectionPoolEntry) -> None:
        entry.info["used"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ask_whether_it_lives(connection: Any, entry: ConnectionPoolEntry, _: object) -> None:
        # A check takes a round trip to the server, so a recently used connection is checked only when it looks lost.
        is_old = time.monotonic() - entry.info.get("used", math.inf) > ASKED_AFTER_SECONDS
        if is_old or _has_unread(connection.fileno()):
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error:
                raise DisconnectionError from None

    return engine


def _has_unread(descriptor: int) -> bool:
    """Whether a connection that nobody uses has received something: most likely its end. Asks no server."""
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([descriptor], [], [], 0)[0])
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
