"""The database: opening it safely, and one transaction at a time."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import CursorResult, Engine, Executable, make_url
from sqlmodel import Session

from models.storage import row_security
from models.storage.encryption.key import DatabaseKey
from models.storage.failures import is_lost
from models.storage.postgresql.engine import open_postgresql
from models.storage.postgresql.standby import Standby, StandbyUnusable, position_of
from models.storage.postgresql.statistics import analyse_grown_tables
from models.storage.slots import Slots
from models.storage.sqlite import statistics as statistics_of_sqlite
from models.storage.sqlite_engine import ShrinkingPool, WriteAheadLog, check_room, open_sqlite
from models.storage.trail import EventKey, TrailSession, append_pending_events

# More than all slots of the service together (docs/load.md), so that nobody ever waits for a connection.
POOL_SIZE = 10
POOL_OVERFLOW = 30
# SQLite has one writer. PostgreSQL has several, and one organisation uses some of them: its transactions queue for its
# trail anyway.
POSTGRESQL_WRITERS = 4
POSTGRESQL_WRITERS_OF_ONE = 2
LONGEST_WAIT_SECONDS = 5
Result = TypeVar("Result")


class OutcomeUnknown(Exception):
    """The connection was lost during the commit: all of the transaction is stored, or nothing of it."""


class Database:
    """One database, and the two ways to use it: `reading()` and `writing()`, each one transaction.

    `writer` are the slots for transactions that write: one on SQLite, which has one writer at a time. With `event_key`,
    which the service sets, each event gets its code. `key` is what an encrypted one was opened with.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        key: DatabaseKey | None = None,
        through_pgbouncer: bool = False,
        standby: Standby | None = None,
    ) -> None:
        self.engine = engine
        self.key = key
        self._standby = standby
        self._through_pgbouncer = through_pgbouncer
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

    @property
    def opened_with(self) -> dict[str, Any]:
        """What `open_database` needs to open the same database in another process; JSON can carry it."""
        return {
            "url": self.engine.url.render_as_string(hide_password=False),
            "through_pgbouncer": self._through_pgbouncer,
            "standby_url": self._standby.url if self._standby is not None else "",
            "key_digits": self.key.digits if self.key is not None else "",
        }

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

    def read_report(self, primary: Session, organisation_id: int, read: Callable[[Session], Result]) -> Result:
        """What `read` returns, from the standby if one is named and has everything committed until now, else from
        `primary`.

        Only this decides which. For reports, which read much of one organisation and change nothing. `primary` is a
        reading transaction in which it was decided who may ask; it ends here, and `read` gets another, in whichever
        session, that sees this organisation's rows only. `read` runs a second time, from the primary, when the standby
        fails it.
        """

        def read_narrowed(session: Session) -> Result:
            self.narrow(session, organisation_id)
            return read(session)

        if self._standby is not None:
            position = position_of(primary)
            primary.rollback()  # nobody needs its connection meanwhile
            if position.written is not None:
                with suppress(StandbyUnusable):
                    return self._standby.read(position, read_narrowed)
        return read_narrowed(primary)

    def problem_of_standby(self, primary: Session) -> str | None:
        """Why reports cannot be read from the standby now: "" when they can, None where none is named."""
        return None if self._standby is None else self._standby.problem(position_of(primary))

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

    def gather_statistics(self) -> list[str]:
        """Gather the statistics by which the database plans queries, for each table that has grown much; returns their
        names.

        Call every few seconds. Nothing waits for it but, for milliseconds, SQLite's writer.
        """
        if not self.is_sqlite:
            return analyse_grown_tables(self.engine)
        with self.reading() as session:
            grown = statistics_of_sqlite.grown_tables(session.connection())
        for table in grown:
            with self.writing() as session:
                statistics_of_sqlite.analyse(session.connection(), table)
        if grown:
            self.engine.dispose()  # a connection reads statistics when it is opened
        return grown

    def close_unused(self) -> bool:
        """Close SQLite's connections that nobody has used since the last call, except the one used last. Returns
        whether one was closed. Call every few seconds.

        Each holds the schema and what it has read, 2 to 4 MB, and opening one takes 5 milliseconds.
        """
        return isinstance(self.engine.pool, ShrinkingPool) and self.engine.pool.close_unused()

    def close(self) -> None:
        self.engine.dispose()
        if self._standby is not None:
            self._standby.engine.dispose()


def rows_changed(session: Session, statement: Executable) -> int:
    """Run an INSERT, UPDATE or DELETE; returns how many rows it changed."""
    # PostgreSQL's driver reports the number of rows of an INSERT only on request.
    result = session.execute(statement, execution_options={"preserve_rowcount": True})
    return cast("CursorResult[Any]", result).rowcount  # these statements return no rows


def open_database(
    url: str,
    key: DatabaseKey | None = None,
    *,
    key_digits: str = "",
    through_pgbouncer: bool = False,
    standby_url: str = "",
) -> Database:
    """Open the database at `url`: `sqlite:///path/to.db`, with its key if it is encrypted, or `postgresql://...`, also
    `through_pgbouncer`, and with a standby from which reports are read. `key_digits` are another way to give the key.

    Every SQLite connection enforces foreign keys and writes through to the disk (synchronous=FULL). Raises ValueError
    for another kind of database, UnsafeDatabase for a SQLite database that could lose data, and KeyProblem.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        key = DatabaseKey(key_digits) if key_digits else key
        return Database(open_sqlite(url, key=key, pool_size=POOL_SIZE, max_overflow=POOL_OVERFLOW), key=key)
    if parsed.get_backend_name() == "postgresql":
        opened = open_postgresql(
            url, pool_size=POOL_SIZE, max_overflow=POOL_OVERFLOW, through_pgbouncer=through_pgbouncer
        )
        standby = Standby(standby_url) if standby_url else None
        return Database(opened, through_pgbouncer=through_pgbouncer, standby=standby)
    raise ValueError(f"{parsed.get_backend_name()} is not supported. Use sqlite:///file.db or postgresql://...")
