"""Inserting many rows of several tables with as few statements as possible."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any, Final

from pydantic_core import to_json
from sqlalchemy import Column, Table
from sqlmodel import Session, SQLModel

from models.storage.dialects import dialect_named
from models.storage.driver import driver_of
from models.storage.postgresql.direct import Direct

# Every statement opens each index of its table from the root anew, so that one row a statement takes twice as long; and
# after each, this thread waits for the interpreter if another one computes.
ROWS_A_STATEMENT: Final = (200, 50, 10, 1)
Rows = Mapping[type[SQLModel], Sequence[Mapping[str, Any]]]
Plain = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class ReadyRows:
    """Rows in the form of one database driver, with their statements, ready to run."""

    dialect: str
    statements: tuple[tuple[str, Any], ...]


def make_ready(session: Session, rows: Rows) -> ReadyRows:
    """Prepare rows for `insert_ready`, each table after those it refers to. Writes nothing.

    All rows of one table name the same columns. For rows that an action has created and checked: neither this module
    nor the models check them again.
    """
    dialect = session.get_bind().dialect.name
    written = {model: of_model for model, of_model in rows.items() if of_model}
    if not written:
        return ReadyRows(dialect, ())
    if dialect == "postgresql":
        # Each round trip and each row given as parameters costs more than the insertion itself.
        statement = one_statement(tuple((model, tuple(of_model[0])) for model, of_model in written.items()))
        texts = tuple(to_json(of_model, fallback=str) for of_model in written.values())
        return ReadyRows(dialect, ((statement, texts),))
    of_tables = (_ready_for_sqlite(model, of_model) for model, of_model in written.items())
    return ReadyRows(dialect, tuple(chain.from_iterable(of_tables)))


def insert_ready(session: Session, ready: ReadyRows) -> None:
    """Insert prepared rows, on PostgreSQL all of them in one statement."""
    session.flush()
    connection = session.connection()
    if ready.statements and ready.dialect != connection.dialect.name:
        raise ValueError(f"rows for {ready.dialect} cannot go into {connection.dialect.name}")
    with driver_of(connection) as driver:
        for statement, values in ready.statements:
            if ready.dialect == "postgresql":
                _direct(statement).run(driver, values)
            else:
                driver.executemany(statement, values)


def in_statements(beginning: str, rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """Rows for SQLite's driver as few statements with their values; each takes one of the numbers of rows in
    ROWS_A_STATEMENT.

    `beginning`: the statement up to its values.
    """
    values = f"({', '.join('?' * len(rows[0]))})"
    done = 0
    for number in ROWS_A_STATEMENT:
        starts = range(done, len(rows) - number + 1, number)
        if starts:
            parts = [tuple(chain.from_iterable(rows[start : start + number])) for start in starts]
            yield f"{beginning} {', '.join([values] * number)}", parts
            done = starts[-1] + number


def _ready_for_sqlite(
    model: type[SQLModel], rows: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    statement, columns = _for_sqlite(model, tuple(rows[0]))
    # Column by column, which is several times as quick as row by row.
    plain = [
        [row[name] for row in rows] if make_plain is None else _made_plain([row[name] for row in rows], make_plain)
        for name, make_plain in columns
    ]
    yield from in_statements(statement, list(zip(*plain, strict=True)))


def _made_plain(values: Sequence[Any], make_plain: Plain) -> list[Any]:
    """The values for the driver. Rows that follow each other mostly have the same organisation, audit and time."""
    made: list[Any] = []
    last, plain = object(), None
    for value in values:
        if value is not last:
            last, plain = value, make_plain(value)
        made.append(plain)
    return made


@cache
def _for_sqlite(model: type[SQLModel], names: tuple[str, ...]) -> tuple[str, list[tuple[str, Plain | None]]]:
    """A statement up to its values, and for each column the conversion for the driver."""
    table, dialect = table_of(model), dialect_named("sqlite").dialect()
    statement = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES"
    converted: list[tuple[str, Plain | None]] = [
        (name, table.columns[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names
    ]
    return statement, converted


@cache
def _direct(statement: str) -> Direct:
    return Direct(statement)


@cache
def one_statement(columns_of: tuple[tuple[type[SQLModel], tuple[str, ...]], ...]) -> str:
    """One statement for the rows of each table as a JSON list, `$1` and so on; references are checked when it ends."""
    inserts = [_postgresql_insert(table_of(model), names, place) for place, (model, names) in enumerate(columns_of, 1)]
    *first, last = inserts
    parts = ", ".join(f"t{place} AS ({part})" for place, part in enumerate(first))
    return f"WITH {parts} {last}" if parts else last


def _postgresql_insert(table: Table, names: Sequence[str], place: int) -> str:
    dialect = dialect_named("postgresql").dialect()
    listed = ", ".join(names)
    columns: list[Column[Any]] = [table.columns[name] for name in names]
    typed = ", ".join(f"{column.name} {column.type.compile(dialect)}" for column in columns)
    return f"INSERT INTO {table.name} ({listed}) SELECT {listed} FROM json_to_recordset(${place}) AS r({typed})"  # noqa: S608


def table_of(model: type[SQLModel]) -> Table:
    """The table of a model: statements on it bypass the ORM, at a third of the cost."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table
