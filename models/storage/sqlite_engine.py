"""SQLite: which driver opens the file, with which key and journal, and how its write-ahead log is kept short.

Every access to the file goes through this module. Two releases of SQLite on one file would each be only as safe as the
older one.
"""

import errno
import os
import shutil
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlalchemy.util.queue import Empty

from models.storage.driver import driver_of
from models.storage.encryption.key import DatabaseKey
from models.storage.sqlite.network_folders import network_file_system

BUSY_MILLISECONDS: Final = 10_000
PAGE_BYTES: Final = 4096
# Of each connection, of which there are up to forty. Another one that writes makes all of it stale, and four times as
# much saves a lookup 10 microseconds.
KILOBYTES_CACHED: Final = 1000
# Above this the log is copied by the next commit. The background loop copies it long before.
MOST_PAGES_IN_LOG: Final = 8192
# Above this the log is restarted, for which the writer is held for a moment.
PAGES_BEFORE_RESTART: Final = 2048
MOST_LOG_BYTES_KEPT: Final = PAGES_BEFORE_RESTART * PAGE_BYTES
WAIT_FOR_READERS_MILLISECONDS: Final = 100
# What the log holds is copied into the database, which may grow by as much as the log has (`PAGES_BEFORE_RESTART`). If
# writing went on until the disk is full, there would be no room for that, and so none for ever.
LEAST_ROOM_BYTES: Final = MOST_LOG_BYTES_KEPT
Version = tuple[int, int, int]


class NoRoom(OSError):
    """So little room is left on the disk of the database that nothing is written any more."""


class UnsafeDatabase(ValueError):
    """The database cannot be opened in a way that keeps what is written to it; says why and what to do."""


class KeyProblem(UnsafeDatabase):
    """The database and its key do not fit together, or one of them is missing; says what to do."""


@cache
def sqlite_driver() -> Any:
    """The driver with its own SQLite, which encrypts, if installed; else Python's, which uses the system's.

    For files that are encrypted and files that are not: two drivers in one process would drop each other's locks. It is
    imported when it is first needed: a service on PostgreSQL does without its 12 MB.
    """
    try:
        from sqlcipher3 import dbapi2
    except ImportError:
        import sqlite3  # here, so that no process has two

        return sqlite3
    return dbapi2


_NOT_A_DATABASE: Final = 26  # SQLite's code for a file that is none, or that another key encrypts
_PLAIN_HEADER: Final = b"SQLite format 3\0"


def can_encrypt() -> bool:
    """Whether the driver of this installation encrypts databases."""
    return str(sqlite_driver().__name__) != "sqlite3"


def is_encrypted(path: Path) -> bool | None:
    """Whether this database is encrypted; None for one that is not there, or is empty.

    Call it before this process opens the database: closing a file drops the locks that SQLite has on it.
    """
    try:
        with path.open("rb") as file:
            header = file.read(len(_PLAIN_HEADER))
    except FileNotFoundError:
        return None
    return header != _PLAIN_HEADER if header else None


def unlock(connection: Any, key: DatabaseKey | None) -> None:
    """Let a new connection read and write what this key encrypts; nothing for a database without a key."""
    if key is None:
        return
    # Otherwise SQLCipher writes to standard error what the service says in its own words.
    connection.execute("PRAGMA cipher_log_level = NONE")
    connection.execute(f'PRAGMA key = "{key.literal}"')


def _is_no_database(error: Any) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == _NOT_A_DATABASE


def check_key(path: Path, key: DatabaseKey) -> None:
    """Raise KeyProblem unless this key opens this database; a new or an empty one is opened by any."""
    if not can_encrypt():
        raise KeyProblem(
            f"{path.name} is encrypted, and this installation has no sqlcipher3. Install it, or use a Python for which "
            "it has a wheel."
        )
    if not path.exists():
        return
    with closing(sqlite_driver().connect(path, timeout=BUSY_MILLISECONDS / 1000)) as connection:
        unlock(connection, key)
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite_driver().DatabaseError as error:
            if not _is_no_database(error):
                raise
            raise KeyProblem(
                f"The key does not open {path.name}: it is the key of another database, or the file is damaged. Put "
                "the right key back, or restore a backup."
            ) from None


def open_scratch(tables: str) -> Any:
    """A connection to a database of one's own with these tables, in a file that is gone when it is closed."""
    if os.name != "posix":  # an open file cannot be removed, and only a driver that encrypts keeps this in memory
        connection = sqlite_driver().connect("", isolation_level=None)
        connection.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {tables}")
        return connection
    # One without a name would stay in memory.
    with TemporaryDirectory(prefix="caseaudit-") as folder:
        connection = sqlite_driver().connect(Path(folder) / "scratch", isolation_level=None)
        # What was in the file may stay on the disk after it is gone; its key is nowhere.
        if can_encrypt():
            unlock(connection, DatabaseKey.new())
            # Nobody else can write to it, and computing the codes of its pages takes long.
            connection.execute("PRAGMA cipher_use_hmac = OFF")
        # Without a journal it needs no second file, and so no name once it is open.
        connection.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {tables}")
        return connection


def write_ahead_log_is_safe(version: Version) -> bool:
    """Whether this release of SQLite is free of the WAL-reset bug, which can corrupt a database.

    The bug is in 3.7.0 to 3.51.2; it is fixed in 3.51.3, and in the branches 3.50.7 and 3.44.6
    (https://sqlite.org/wal.html, "The WAL-reset bug").
    """
    if version >= (3, 51, 3):
        return True
    major_minor, patch = version[:2], version[2]
    return (major_minor == (3, 50) and patch >= 7) or (major_minor == (3, 44) and patch >= 6)


def journal_mode(version: Version | None = None) -> str:
    """The fastest journal mode that is safe with this release of SQLite: "wal" or "delete"."""
    return "wal" if write_ahead_log_is_safe(version or sqlite_driver().sqlite_version_info) else "delete"


def journal_warning() -> str:
    """The warning at the start when the write-ahead log cannot be used; else nothing."""
    if journal_mode() == "wal":
        return ""
    return (
        f"SQLite {sqlite_driver().sqlite_version} has the WAL-reset bug, so the database keeps its older journal, in "
        "which long reports and saves wait for each other: install sqlcipher3 where it has a wheel, or use PostgreSQL."
    )


def check_address(url: str) -> Path:
    """The file at this address. Raises UnsafeDatabase for an address or a file that could lose data."""
    parsed = make_url(url)
    if not parsed.database or parsed.database == ":memory:":
        raise UnsafeDatabase("Give the SQLite database a file: one in memory forgets everything.")
    if parsed.drivername != "sqlite" or parsed.query:
        # Otherwise one file could have many addresses, and a second server on it would not be noticed.
        raise UnsafeDatabase("Name a SQLite database as sqlite:///file.db, without a driver or options.")
    path = Path(parsed.database)
    check_has_one_name(path)
    check_is_on_this_machine(path)
    return path


def open_sqlite(url: str, *, key: DatabaseKey | None = None, pool_size: int, max_overflow: int) -> Engine:
    """The file at `url`; converted to our journal mode if it was in another. Raises UnsafeDatabase.

    Every connection enforces foreign keys and writes through to the disk (synchronous=FULL).
    """
    path = check_address(url)
    if key is not None:
        check_key(path, key)
    engine = create_engine(
        url,
        module=sqlite_driver(),
        poolclass=ShrinkingPool,
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_use_lifo=True,  # the connection used last has its pages and plans in its caches
        connect_args={"check_same_thread": False, "timeout": BUSY_MILLISECONDS / 1000},
    )
    mode = journal_mode()

    # Before SQLAlchemy asks the connection anything: without its key nothing can be read.
    @event.listens_for(engine, "connect", insert=True)
    def prepare(connection: DBAPIConnection, _: object) -> None:
        try:
            configure_connection(connection, mode, key)
        except sqlite_driver().DatabaseError as error:
            if key is None and _is_no_database(error):
                raise KeyProblem(f"{path.name} is encrypted, or damaged, and is opened without a key.") from None
            raise

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        writes = connection.get_execution_options().get("writes", False)
        with driver_of(connection) as driver:
            driver.execute("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


class ShrinkingPool(QueuePool):
    """Connections of which the unused ones can be closed; the ones in use too, when they come back."""

    _is_replaced = False
    # Connections that nobody has used since the pool was looked through.
    _resting: frozenset[ConnectionPoolEntry] = frozenset()

    def dispose(self) -> None:
        """Close all: the unused ones now, and each of the others as soon as it comes back."""
        self._is_replaced = True
        super().dispose()

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        self._resting -= {record}
        if self._is_replaced:
            record.close()
        else:
            super()._do_return_conn(record)

    def close_unused(self) -> bool:
        """Close the ones that nobody has used since the last call, except the one used last; whether there was one."""
        unused: list[ConnectionPoolEntry] = []
        with suppress(Empty):
            while True:
                unused.append(self._pool.get(block=False))
        kept = [record for place, record in enumerate(unused) if not place or record not in self._resting]
        for record in unused:
            if record not in kept:
                record.close()
                self._dec_overflow()
        for record in reversed(kept):  # the one used last is used next
            super()._do_return_conn(record)
        self._resting = frozenset(kept)
        return len(kept) < len(unused)


def has_room(database: Path) -> bool:
    """Whether LEAST_ROOM_BYTES are left on the disk of this file."""
    return shutil.disk_usage(database.parent).free >= LEAST_ROOM_BYTES


def check_room(database: Path) -> None:
    """Raise NoRoom when there is not enough room to write."""
    if not has_room(database):
        raise NoRoom(errno.ENOSPC, "the disk of the database is full")


def check_has_one_name(path: Path) -> None:
    """Raise UnsafeDatabase when the file has a second name by a hard link."""
    # The journal is named after the file: under its other name, a journal left by a crash would not be found, and two
    # processes would write without knowing of each other. A symbolic link is not such a name: SQLite follows it.
    # Nobody opens it by the name that it has for a moment while it is encrypted.
    original = replaced_original(path)
    own_names = 1 + (original.exists() and path.exists() and original.samefile(path))
    if path.exists() and path.stat().st_nlink > own_names:
        raise UnsafeDatabase(
            f"{path.name} has a second name (a hard link), which can corrupt it: remove that name, or copy the file."
        )


def replaced_original(path: Path) -> Path:
    """Where a database that was not encrypted is until it is overwritten, after an encrypted copy has its place."""
    return path.with_name(f".{path.name}.original")


def check_is_on_this_machine(path: Path) -> None:
    """Raise UnsafeDatabase when the file is, or would be, in a folder on a network."""
    if kind := network_file_system(path):
        raise UnsafeDatabase(
            f"{path.name} is in a folder on a network ({kind}), where SQLite can lose what it has confirmed. Move it "
            "to a disk of this machine, or use PostgreSQL."
        )


def configure_connection(connection: Any, mode: str, key: DatabaseKey | None = None) -> None:
    """Make a new connection durable, strict about references, and thorough in deleting."""
    # The driver must not open transactions by itself: it would begin them too late to hold the write lock.
    connection.isolation_level = None
    unlock(connection, key)
    cursor = connection.cursor()
    for pragma in (
        # What is sorted would otherwise go through files, which no key encrypts.
        "temp_store = MEMORY",
        f"cache_size = -{KILOBYTES_CACHED}",
        "foreign_keys = ON",
        f"journal_mode = {mode}",
        "synchronous = FULL",
        # What is deleted or redacted is overwritten with zeros, and does not stay in the file unseen.
        "secure_delete = ON",
        f"wal_autocheckpoint = {MOST_PAGES_IN_LOG}",
        f"journal_size_limit = {MOST_LOG_BYTES_KEPT}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def connect(path: Path | str, key: DatabaseKey | None = None) -> Any:
    """A bare connection of the same driver, set up as the service's are: for tools beside the service."""
    connection = sqlite_driver().connect(path, timeout=BUSY_MILLISECONDS / 1000)
    configure_connection(connection, journal_mode(), key)
    return connection


class CheckpointResult(NamedTuple):
    """The result of a checkpoint: pages in the log, and the number of them that are in the database too."""

    busy: bool
    in_log: int
    copied: int


class WriteAheadLog:
    """The write-ahead log of one database: copied without the writer, and emptied when deleted data must be gone.

    `one_writer` is held where a method says so, and then for milliseconds.
    """

    def __init__(self, engine: Engine, one_writer: Callable[[], AbstractContextManager[Any]]) -> None:
        self._engine = engine
        self._file = Path(str(engine.url.database))
        self._one_writer = one_writer
        # A log that a crash left may contain data that should be gone by then.
        self._is_to_be_emptied = True
        self._stuck_at = -1
        self._copying = threading.Lock()

    def empty(self) -> bool:
        """Copy all of the log into the database and truncate it; returns whether that was possible now.

        A long reading transaction still needs the log: then `shorten` does it when that has ended.
        """
        self._is_to_be_emptied = True
        with self._copying:
            return self._empty()

    def _empty(self) -> bool:
        self._checkpoint("PASSIVE")  # nearly all of it, while others write
        with self._one_writer():
            if not self._checkpoint("TRUNCATE").busy:
                self._is_to_be_emptied = False
        return not self._is_to_be_emptied

    def shorten(self) -> None:
        """Copy what is new in the log into the database; restart a long log. Call every second.

        Users' writes go on meanwhile: otherwise SQLite would do this inside one of them. Where no room is left, the
        log is emptied, to give its room back.
        """
        with self._copying:
            # The log itself may be what fills the disk; and while nobody can write, it is not restarted.
            if (self._is_to_be_emptied or not has_room(self._file)) and self._empty():
                return
            reached = self._checkpoint("PASSIVE")
            if reached.in_log <= PAGES_BEFORE_RESTART or reached.copied == self._stuck_at:
                return
            # While others go on writing there is always a remainder, and a log with a remainder only grows.
            with self._one_writer():
                reached = self._checkpoint("PASSIVE")
            # A long reading transaction keeps a remainder: do not hold the writer again until that transaction has
            # moved on.
            self._stuck_at = reached.copied if reached.copied < reached.in_log else -1

    def _checkpoint(self, how: str) -> CheckpointResult:
        with closing(self._engine.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA busy_timeout = {WAIT_FOR_READERS_MILLISECONDS}")
            try:
                busy, in_log, copied = cursor.execute(f"PRAGMA wal_checkpoint({how})").fetchone()
            finally:
                cursor.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
                cursor.close()
        return CheckpointResult(bool(busy), in_log, copied)
