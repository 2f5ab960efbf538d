"""Copying every row of one database into another, empty one, and comparing both row by row.

Complete or not at all: the target is written in one transaction, and committed only when its canonical form is the same
as the source's. The canonical form is that of the evidence (`models.evidence.content`), the same on both databases.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, Table, func, insert, select, text

from models.every import METADATA
from models.evidence.content import plain_of
from models.storage.database import Database, open_database
from models.storage.encryption.key import DatabaseKey
from models.storage.migrating import is_up_to_date, migrate

ROWS_AT_ONCE: Final = 1_000
# Of which the database gives the numbers itself.
_NUMBERED: Final = ("organisation", "id")

Row = Mapping[str, Any]
_as_json: Final = json.JSONEncoder(separators=(",", ":")).encode


class CannotCopyError(Exception):
    """The databases cannot be copied; says why and what to do."""


@dataclass(frozen=True, slots=True)
class Copied:
    """How many rows of each table were copied, and the hash of the canonical form of all, the same on both sides."""

    rows: Mapping[str, int]
    digest: str


def copy_everything(source: Database, target_url: str, key: DatabaseKey | None = None) -> Copied:
    """Copy every table into the empty database at `target_url`, which is migrated first, and encrypted if it has a key.
    Nobody may write meanwhile.

    Raises CannotCopyError when the source is not up to date, when the target is not empty, and when both differ
    afterwards; nothing that was copied stays then.
    """
    if not is_up_to_date(source):
        raise CannotCopyError("The database is at an older migration. Run: caseaudit migrate")
    migrate(target_url, key=key)
    target = open_database(target_url, key)
    try:
        with _read_at_one_moment(source) as reading, target.engine.execution_options(writes=True).begin() as writing:
            _prepare(writing)
            with _without_triggers(writing):
                # Now that nobody else can write there: another copy may have ended while this one waited.
                _check_is_empty(writing)
                rows = {table.name: _copy(reading, writing, table) for table in tables()}
            _number_on(writing)
            _check_references(writing)
            digest = digest_of(reading)
            if digest_of(writing) != digest:
                raise CannotCopyError("The copy is not the same as the original. Nothing was copied: report this.")
            _gather_statistics(writing)
    finally:
        target.close()
    return Copied(rows, digest)


def tables() -> list[Table]:
    """Every table, each after those it refers to."""
    return list(METADATA.sorted_tables)


def digest_of(connection: Connection) -> str:
    """The SHA-256 hash of the canonical form of every row of every table, in the order of their keys."""
    hashed = sha256()
    for line in canonical_lines(connection):
        hashed.update(line.encode())
        hashed.update(b"\n")
    return hashed.hexdigest()


def canonical_lines(connection: Connection) -> Iterator[str]:
    """Every row of every table as a line, the same on both databases."""
    for table in sorted(tables(), key=lambda each: each.name):
        columns = [column.name for column in table.columns]
        yield _as_json([table.name, columns])
        lines = (
            _as_json([plain_of(name, value) for name, value in zip(columns, row, strict=True)])
            for row in _rows(connection, table)
        )
        # By their texts: the databases sort texts, and identifiers, each in their own way.
        yield from sorted(lines)


def _read_at_one_moment(source: Database) -> Any:
    engine = source.engine
    if not source.is_sqlite:
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    return engine.connect()


def _prepare(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    else:
        # Checked at the end instead: rows of one table may refer to each other.
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")


@contextmanager
def _without_triggers(connection: Connection) -> Iterator[None]:
    """Put every trigger aside for the block: it would refuse the rows of what is signed, and mark copied rows."""
    if connection.dialect.name == "postgresql":
        names = [table.name for table in tables()]
        for name in names:
            connection.exec_driver_sql(f'ALTER TABLE "{name}" DISABLE TRIGGER USER')
        yield
        for name in names:
            connection.exec_driver_sql(f'ALTER TABLE "{name}" ENABLE TRIGGER USER')
        return
    stored = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all()
    for name, _ in stored:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    yield
    for _, statement in stored:
        connection.exec_driver_sql(statement)


def _check_is_empty(connection: Connection) -> None:
    for table in tables():
        if connection.execute(select(func.count()).select_from(table)).scalar_one():
            raise CannotCopyError("The other database is not empty. Name one that is empty, or does not exist yet.")


def _copy(reading: Connection, writing: Connection, table: Table) -> int:
    number = 0
    own = _column_of_own_table(table)
    rows: Iterable[Row] = _mappings(reading, table)
    if own is not None:
        rows = _owners_first(list(rows), own)
    for some in _in_parts(rows):
        writing.execute(insert(table), some)
        number += len(some)
    return number


def _column_of_own_table(table: Table) -> str | None:
    """The column in which a row names another row of the same table."""
    keys = (key for key in table.foreign_key_constraints if key.referred_table is table)
    return next((column.name for key in keys for column in key.columns if column.name != "organisation_id"), None)


def _owners_first(rows: Sequence[Row], column: str) -> list[Row]:
    """The rows, ordered so that each comes after the one that its `column` refers to."""
    by_id = {row["id"]: row for row in rows}
    ordered: dict[Any, Row] = {}
    for row in rows:
        waiting, each = [row], row
        while each[column] is not None and each[column] != each["id"] and each[column] not in ordered:
            each = by_id[each[column]]
            waiting.append(each)
        ordered.update({one["id"]: one for one in reversed(waiting) if one["id"] not in ordered})
    return list(ordered.values())


def _in_parts(rows: Iterable[Row]) -> Iterator[list[Row]]:
    part: list[Row] = []
    for row in rows:
        part.append(row)
        if len(part) == ROWS_AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _rows(connection: Connection, table: Table) -> Iterator[Sequence[Any]]:
    with connection.execute(select(table), execution_options={"yield_per": ROWS_AT_ONCE}) as found:
        yield from found


def _mappings(connection: Connection, table: Table) -> Iterator[Row]:
    with connection.execute(select(table), execution_options={"yield_per": ROWS_AT_ONCE}) as found:
        for row in found.mappings():
            yield dict(row)


def _number_on(connection: Connection) -> None:
    """Set PostgreSQL's sequence to continue after the largest number that was copied."""
    if connection.dialect.name != "postgresql":
        return
    table, column = _NUMBERED
    connection.execute(
        text(
            f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), max({column}))"  # noqa: S608 - our own names
            f" FROM {table} HAVING pg_get_serial_sequence('{table}', '{column}') IS NOT NULL AND max({column}) > 0"
        )
    )


def _gather_statistics(connection: Connection) -> None:
    """Until its first ANALYZE, PostgreSQL plans as if every table were empty."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE " + ", ".join(f'"{table.name}"' for table in tables()))


def _check_references(connection: Connection) -> None:
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").fetchone():
        raise CannotCopyError("Rows of the copy refer to rows that are not there. Nothing was copied: report this.")
