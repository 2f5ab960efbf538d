"""The database: opening it safely, and one transaction at a time."""

import math
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy import CursorResult, Engine, Executable, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Session

from models.trail import Recording, append_waiting

POOL_SIZE = 10
POOL_OVERFLOW = 30  # with the pool: one connection for each of the forty threads that serve requests
SQLITE_BUSY_MILLISECONDS = 10_000
STATEMENT_TIMEOUT_MILLISECONDS = 30_000
LOCK_TIMEOUT_MILLISECONDS = 2_500  # nobody holds a lock for longer than a short transaction takes
ASKED_AFTER_SECONDS = 5  # without use, after which a connection to PostgreSQL may have been lost


def write_ahead_log_is_safe(version: tuple[int, int, int]) -> bool:
    """Whether this release of SQLite is free of the WAL-reset bug, which can corrupt a database.

    The bug is in 3.7.0 to 3.51.2; it is mended in 3.51.3, and in the branches 3.50.7 and 3.44.6
    (https://sqlite.org/wal.html, "The WAL-reset bug").
    """
    if version >= (3, 51, 3):
        return True
    major_minor, patch = version[:2], version[2]
    return (major_minor == (3, 50) and patch >= 7) or (major_minor == (3, 44) and patch >= 6)


def sqlite_journal_mode(version: tuple[int, int, int] = sqlite3.sqlite_version_info) -> str:
    """The fastest journal mode that this release of SQLite keeps safe: "wal" or "delete"."""
    return "wal" if write_ahead_log_is_safe(version) else "delete"


class Database:
    """One database, and the two ways to use it: `reading()` and `writing()`, each one transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._write_engine = engine.execution_options(writes=True)
        # SQLite has one writer at a time. Waiting here is fair and quick; waiting inside SQLite is
        # by naps of up to 100 ms, and ends in "database is locked".
        self._one_writer: Any = threading.Lock() if self._is_sqlite else nullcontext()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that only reads; whatever was changed in it is given up."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that commits when the block ends, and leaves nothing behind when it raises.

        The events recorded in it are appended to their trails just before; TrailUnwritable when that fails.
        """
        with (
            self._one_writer,
            Recording(self._write_engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session
            append_waiting(session)

    def empty_log(self) -> None:
        """Write SQLite's write-ahead log into the database and cut it: what was deleted does not stay in it either."""
        if self._is_sqlite:
            with self._one_writer, self.engine.connect() as connection:
                connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        self.engine.dispose()


def rows_changed(session: Session, statement: Executable) -> int:
    """Run an INSERT, UPDATE or DELETE; how many rows it touched."""
    # PostgreSQL's driver says how many rows an INSERT touched only when it is asked to.
    result = session.execute(statement, execution_options={"preserve_rowcount": True})
    assert isinstance(result, CursorResult)  # noqa: S101 - these statements return no rows, only their number
    return result.rowcount


def open_database(url: str) -> Database:
    """Open the database at `url`: `sqlite:///path/to.db` or `postgresql://...`.

    Every SQLite connection enforces foreign keys and writes through to the disk (synchronous=FULL).
    Raises ValueError for another kind of database or a SQLite database in memory.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database in {None, "", ":memory:"}:
            raise ValueError("Give the SQLite database a file: one in memory forgets everything.")
        return Database(_open_sqlite(url))
    if parsed.get_backend_name() == "postgresql":
        return Database(_open_postgresql(url))
    raise ValueError(f"{parsed.get_backend_name()} is not supported. Use sqlite:///file.db or postgresql://...")


def _open_sqlite(url: str) -> Engine:
    engine = create_engine(
        url,
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_use_lifo=True,  # the connection used last is the one whose pages and plans are still at hand
        connect_args={"check_same_thread": False, "timeout": SQLITE_BUSY_MILLISECONDS / 1000},
    )
    journal_mode = sqlite_journal_mode()

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _: object) -> None:
        # The driver must not open transactions by itself: it would begin them too late to hold the write lock.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA journal_mode = {journal_mode}")
        cursor.execute("PRAGMA synchronous = FULL")
        # What is deleted or redacted is overwritten with zeros, and does not stay in the file unseen.
        cursor.execute("PRAGMA secure_delete = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _open_postgresql(url: str) -> Engine:
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_use_lifo=True,  # the connection used last is the one whose pages and plans are still at hand
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
    def ask_whether_it_lives(connection: DBAPIConnection, entry: ConnectionPoolEntry, _: object) -> None:
        # Asking takes a trip to the server, so one that answered a moment ago is not asked.
        if time.monotonic() - entry.info.get("used", math.inf) > ASKED_AFTER_SECONDS:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error:
                raise DisconnectionError from None

    return engine
