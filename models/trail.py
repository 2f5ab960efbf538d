"""The trail of each organisation: events wait for the end of their transaction, and are chained there, all at once.

What is appended holds the trail until the commit; so it is the last thing that a transaction does.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, Integer, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import SessionTransaction
from sqlmodel import Field, Session, SQLModel

from checklists.chain import ChainedEvent, Head, link
from models.base import LongText
from models.bulk import insert_all, postgresql_insert, table_of
from models.event import Event

_WAITING: Final = "events that wait for the end of the transaction"
_SAVEPOINTS: Final = "how many events waited when each savepoint was made"


class Trail(SQLModel, table=True):
    """Where an organisation's trail ends. Its row is the lock that gives events their order."""

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    length: int = Field(sa_type=BigInteger().with_variant(Integer(), "sqlite"))
    hash: str = Field(max_length=64)


class Checkpoint(SQLModel, table=True):
    """What was signed of a trail up to an event, as one line of JSON; the same line lies in a second place."""

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    number: int = Field(primary_key=True, sa_type=BigInteger().with_variant(Integer(), "sqlite"))
    signed: str = Field(sa_type=LongText)


class TrailUnwritable(Exception):
    """The trail cannot be written, and so nothing may be done that belongs in it."""


class Recording(Session):
    """A session in which events wait; those of a savepoint that is rolled back are forgotten with it."""


@event.listens_for(Recording, "after_transaction_create")
def _note_savepoint(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        session.info.setdefault(_SAVEPOINTS, {})[transaction] = len(waiting(session))


@event.listens_for(Recording, "after_soft_rollback")
def _forget_savepoint(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        del waiting(session)[session.info[_SAVEPOINTS][transaction] :]


def waiting(session: Session) -> list[Mapping[str, Any]]:
    """The events that will be appended when the transaction ends, as rows without number and hash."""
    rows: list[Mapping[str, Any]] = session.info.setdefault(_WAITING, [])
    return rows


def append_waiting(session: Session) -> None:
    """Number, chain and insert what waits. The last thing before the commit. Raises TrailUnwritable."""
    rows = waiting(session)
    if not rows:
        return
    session.flush()
    try:
        # In one order for everybody, so that two transactions never wait for each other.
        for organisation_id in sorted({row["organisation_id"] for row in rows}):
            _append(session, organisation_id, [row for row in rows if row["organisation_id"] == organisation_id])
    except DBAPIError as error:
        raise TrailUnwritable from error
    rows.clear()


def hold(session: Session, organisation_id: int) -> Head:
    """Where the trail ends; nobody else appends to it until this transaction ends. Makes the trail if there is none."""
    connection = session.connection()
    find = _FIND[connection.dialect.name]
    found = connection.exec_driver_sql(find, (organisation_id,)).one_or_none()
    if found is None:
        connection.exec_driver_sql(_MAKE[connection.dialect.name], (organisation_id, *Head()))
        found = connection.exec_driver_sql(find, (organisation_id,)).one()
    return Head(*found)


_FIND: Final = {
    "sqlite": "SELECT length, hash FROM trail WHERE organisation_id = ?",
    "postgresql": "SELECT length, hash FROM trail WHERE organisation_id = %s FOR UPDATE",
}
_MAKE: Final = {
    "sqlite": "INSERT INTO trail (organisation_id, length, hash) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    "postgresql": "INSERT INTO trail (organisation_id, length, hash) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
}


def _append(session: Session, organisation_id: int, rows: Sequence[Mapping[str, Any]]) -> None:
    head = hold(session, organisation_id)
    chained = []
    for row in rows:
        number = head.length + 1
        head = Head(number, link(head.hash, _as_hashed(row, number)))
        chained.append({**row, "number": number, "hash": head.hash})
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        values = (json.dumps(chained, default=str), *head, organisation_id)
        connection.exec_driver_sql(_append_in_one_statement(tuple(chained[0])), values)
        return
    insert_all(session, {Event: chained})
    connection.exec_driver_sql(
        "UPDATE trail SET length = ?, hash = ? WHERE organisation_id = ?", (*head, organisation_id)
    )


@cache
def _append_in_one_statement(names: tuple[str, ...]) -> str:
    moved = "UPDATE trail SET length = %s, hash = %s WHERE organisation_id = %s"
    return f"WITH appended AS ({postgresql_insert(table_of(Event), names)}) {moved}"


_HASHED: Final = itemgetter("at", "kind", "subject_id", "person_id", "token_id", "details")


def _as_hashed(row: Mapping[str, Any], number: int) -> ChainedEvent:
    at, kind, subject, person, token, details = _HASHED(row)
    return ChainedEvent(
        row["organisation_id"],
        number,
        _plain_time(at),
        kind,
        subject.hex,
        person and person.hex,
        token and token.hex,
        details,
    )


def _plain_time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(" ", "microseconds").removesuffix("+00:00")


def hashed_columns(connection: Connection) -> str:
    """The columns of an event as SQL that yields the texts that are hashed, in the order of ChainedEvent."""
    if connection.dialect.name == "sqlite":
        return "organisation_id, number, at, kind, subject_id, person_id, token_id, details, hash"
    at = "to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
    identifiers = ", ".join(f"replace({name}::text, '-', '')" for name in ("subject_id", "person_id", "token_id"))
    return f"organisation_id, number, {at}, kind, {identifiers}, details, hash"
