"""The trail of each organisation: events wait for the end of their transaction, and are then chained together.

Appending locks the trail until the commit; so it is the last thing that a transaction does.
"""

from collections.abc import Callable, MutableMapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from secrets import token_hex
from typing import Any, Final

from pydantic_core import to_json
from sqlalchemy import BigInteger, Connection, Index, Integer, event
from sqlalchemy.orm import SessionTransaction
from sqlmodel import Field, Session, SQLModel

from checklists.chain import Head, event_form, hash_of_form
from checklists.event_codes import UNIQUE_LENGTH, details_with_code
from models.base import LongText
from models.evidence.sealing import seal
from models.storage.bulk import in_statements
from models.storage.postgresql import direct

Row = MutableMapping[str, Any]
OfEach = Sequence[tuple[int, Sequence[Row]]]
# Reads the key of the events' codes, which is kept outside the database. Raises OSError, ValueError.
EventKey = Callable[[], bytes]
_PENDING: Final = "events that wait for the end of the transaction"
_SAVEPOINTS: Final = "how many events waited when each savepoint was made"


class Trail(SQLModel, table=True):
    """The end of an organisation's trail. Its row is the lock that gives events their order."""

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    length: int = Field(sa_type=BigInteger().with_variant(Integer(), "sqlite"))
    hash: str = Field(max_length=64)


class Checkpoint(SQLModel, table=True):
    """The signed part of a trail up to an event, as one line of JSON; the same line is stored in a second place."""

    __table_args__ = (Index("uq_checkpoint_serial", "serial", unique=True),)

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    number: int = Field(primary_key=True, sa_type=BigInteger().with_variant(Integer(), "sqlite"))
    signed: str = Field(sa_type=LongText)
    # Its number over all organisations; none for one that was signed before they were numbered.
    serial: int | None = Field(default=None, sa_type=BigInteger().with_variant(Integer(), "sqlite"))


class TrailUnwritable(Exception):
    """The trail cannot be written, and so nothing may be done that must be recorded in it."""


class TrailSession(Session):
    """A session with pending events; those of a savepoint that is rolled back are forgotten with it."""


@event.listens_for(TrailSession, "after_transaction_create")
def _note_savepoint(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        session.info.setdefault(_SAVEPOINTS, {})[transaction] = len(pending_events(session))


@event.listens_for(TrailSession, "after_soft_rollback")
def _forget_savepoint(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        del pending_events(session)[session.info[_SAVEPOINTS][transaction] :]


def pending_events(session: Session) -> list[Row]:
    """The events that will be appended when the transaction ends, as rows without number and hash."""
    rows: list[Row] = session.info.setdefault(_PENDING, [])
    return rows


def append_pending_events(session: Session, event_key: EventKey | None = None) -> None:
    """Number, chain and insert the pending events, as the last thing before the commit. Raises TrailUnwritable.

    With a key, each event gets a code that cannot be computed from the database alone. On PostgreSQL it has committed
    when it returns, and the commit of the session has nothing left to do.
    """
    rows = pending_events(session)
    if rows:
        session.flush()
        seal(session.connection(), rows)
        if event_key is not None:
            _add_codes(rows, event_key)
        _append(session.connection(), rows, commit=True)
        rows.clear()


def _add_codes(rows: Sequence[Row], event_key: EventKey) -> None:
    try:
        key = event_key()
    except (OSError, ValueError) as error:
        raise TrailUnwritable from error
    digits = token_hex(UNIQUE_LENGTH // 2 * len(rows))
    for place, row in enumerate(rows):
        unique = digits[place * UNIQUE_LENGTH : (place + 1) * UNIQUE_LENGTH]
        row["details"] = details_with_code(key, row["organisation_id"], _plain(row), unique)


def check_trail_writable(session: Session, row: Row) -> None:
    """Append an event and roll it back: raises TrailUnwritable when that cannot be done."""
    with session.begin_nested() as attempt:
        _append(session.connection(), [row], commit=False)
        attempt.rollback()


def lock_trail(session: Session, organisation_id: int) -> None:
    """Lock the organisation's trail until this transaction ends, so that nobody else appends to it."""
    if session.connection().dialect.name == "postgresql":  # a writer to SQLite locks all of it
        session.connection().exec_driver_sql(
            "SELECT 1 FROM trail WHERE organisation_id = %s FOR UPDATE", (organisation_id,)
        )


def _append(connection: Connection, rows: Sequence[Row], *, commit: bool) -> None:
    # Always in the same order, so that there is no deadlock.
    of_each = [
        (organisation_id, [row for row in rows if row["organisation_id"] == organisation_id])
        for organisation_id in sorted({row["organisation_id"] for row in rows})
    ]
    # The bare drivers, because this runs with every write, and any layer above them takes longer than the database.
    driver = connection.connection.driver_connection
    try:
        if connection.dialect.name == "postgresql":
            _append_on_postgresql(driver, of_each, commit=commit)
        else:
            _append_on_sqlite(driver, of_each)
    except connection.dialect.loaded_dbapi.Error as error:
        raise TrailUnwritable from error


def _append_on_postgresql(driver: Any, of_each: OfEach, *, commit: bool) -> None:
    # One round trip, including the commit: a second one would hold the trail for longer.
    calls = [
        b"SELECT append_events(%d, %s)" % (organisation_id, direct.quoted(driver, _in_json(rows)))
        for organisation_id, rows in of_each
    ]
    direct.begin(driver)
    direct.ask(driver, b"; ".join([*calls, b"COMMIT"] if commit else calls))


def _in_json(rows: Sequence[Row]) -> bytes:
    return to_json([{**row, "form": event_form(_plain(row))[1:]} for row in rows])


def _append_on_sqlite(driver: Any, of_each: OfEach) -> None:
    for organisation_id, rows in of_each:
        found = driver.execute(
            "SELECT length, hash FROM trail WHERE organisation_id = ?", (organisation_id,)
        ).fetchone()
        head, chained = Head(*found or ()), []
        for row in rows:
            said = _plain(row)
            number = head.length + 1
            head = Head(number, hash_of_form(head.hash, organisation_id, number, event_form(said)))
            chained.append((organisation_id, number, *said, head.hash))
        for statement, values in in_statements("INSERT INTO event VALUES", chained):
            driver.executemany(statement, values)
        if found is None:
            driver.execute("INSERT INTO trail VALUES (?, ?, ?)", (organisation_id, *head))
        else:
            driver.execute("UPDATE trail SET length = ?, hash = ? WHERE organisation_id = ?", (*head, organisation_id))


_EVENT_TEXTS: Final = itemgetter("at", "kind", "subject_id", "person_id", "token_id", "details")


def _plain(row: Row) -> tuple[str, str, str, str | None, str | None, str]:
    """An event in the plain texts of `ChainedEvent`, as SQLite stores them."""
    at, kind, subject, person, token, details = _EVENT_TEXTS(row)
    return _plain_time(at), kind, subject.hex, person and person.hex, token and token.hex, details


@lru_cache(maxsize=64)  # many events of one transaction have the same time
def _plain_time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(" ", "microseconds").removesuffix("+00:00")


def hashed_columns(connection: Connection) -> str:
    """The columns of an event as SQL that yields the hashed texts, in the order of ChainedEvent."""
    if connection.dialect.name == "sqlite":
        return "organisation_id, number, at, kind, subject_id, person_id, token_id, details, hash"
    at = "to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
    identifiers = ", ".join(f"replace({name}::text, '-', '')" for name in ("subject_id", "person_id", "token_id"))
    return f"organisation_id, number, {at}, kind, {identifiers}, details, hash"
