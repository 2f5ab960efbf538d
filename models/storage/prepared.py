"""Statements that run with nearly every request, compiled once for each kind of database.

For one of these, looking up and preparing by each layer above the driver takes several times as long as the database.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlmodel import Session

from models.storage.dialects import dialect_named
from models.storage.driver import driver_of
from models.storage.postgresql.direct import Direct

_Convert = Callable[[Any], Any]
# PostgreSQL's number of the one type that columns of floats have; other types do not ask for theirs.
_DOUBLE_PRECISION: Final = 701


class Prepared:
    """One statement with values for its parameters; collections only for `is_among`. Rows have its columns' names.

    It runs in the transaction of the session, which is not flushed before; errors are raised as SQLAlchemy raises them.
    Where somebody listens to the statements of an engine, SQLAlchemy runs it, and tells them.
    """

    def __init__(self, statement: Executable) -> None:
        self._statement: Final = statement
        self._by_dialect: dict[str, _Compiled] = {}

    def rows(self, session: Session, values: Mapping[str, Any]) -> Sequence[Any]:
        """Run it, and return its rows."""
        connection = session.connection()
        if _is_listened_to(connection):
            return connection.execute(self._statement, values).all()
        compiled = self._compiled(connection)
        with driver_of(connection) as driver:
            if compiled.direct is not None:
                found = compiled.direct.rows(driver, compiled.given(values))
            else:
                found = driver.execute(compiled.text, compiled.given(values)).fetchall()
        return compiled.converted(found) if found else ()

    def run(self, session: Session, values: Mapping[str, Any]) -> int:
        """Run it where it has no rows; returns how many it changed."""
        connection = session.connection()
        if _is_listened_to(connection):
            options = {"preserve_rowcount": True}
            return connection.execute(self._statement, values, execution_options=options).rowcount
        compiled = self._compiled(connection)
        with driver_of(connection) as driver:
            if compiled.direct is not None:
                return compiled.direct.run(driver, compiled.given(values))
            changed: int = driver.execute(compiled.text, compiled.given(values)).rowcount
        return changed

    def _compiled(self, connection: Connection) -> "_Compiled":
        dialect = connection.dialect
        compiled = self._by_dialect.get(dialect.name)
        if compiled is None:
            compiled = self._by_dialect[dialect.name] = _Compiled(self._statement, dialect)
        return compiled


def _is_listened_to(connection: Connection) -> bool:
    listeners = connection.dispatch
    return bool(listeners.before_cursor_execute) or bool(listeners.after_cursor_execute)


def _numbered() -> Dialect:
    """PostgreSQL's, with the parameters that its client library has: `$1`, `$2`."""
    made: Dialect = dialect_named("postgresql").psycopg.dialect(paramstyle="numeric_dollar")
    return made


class _Compiled:
    """A statement for one kind of database: its text, how its values are given to the driver, and its rows read."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        is_postgresql = dialect.name == "postgresql"
        if is_postgresql:
            dialect = _numbered()
        made = statement.compile(dialect=dialect)
        if not isinstance(made, SQLCompiler):
            raise TypeError(f"{type(statement).__name__} is no statement with rows or changes")
        given_later = {bind.key: None for bind in made.bind_names if bind.required}
        written = made.construct_expanded_state(given_later)
        self.text: Final = written.statement
        self.direct: Final = Direct(self.text) if is_postgresql else None
        self._fixed: Final = {name: value for name, value in written.parameters.items() if value is not None}
        self._order: Final = written.positiontup or ()
        converts = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect) for bind, name in made.bind_names.items()
        }
        self._convert_given: Final[dict[str, _Convert]] = {
            name: convert
            for name, convert in {**converts, **written.processors}.items()
            if name in self._order and callable(convert)
        }
        columns = made._result_columns  # noqa: SLF001 - nothing else says the types of what a statement returns
        types = [column.type.dialect_impl(dialect).result_processor(dialect, _DOUBLE_PRECISION) for column in columns]
        self._convert_found: Final[list[tuple[int, _Convert]]] = [
            (place, convert) for place, convert in enumerate(types) if convert is not None
        ]
        self._row: Final = _row_with([str(column.keyname) for column in columns])

    def given(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """The values as the driver wants them."""
        every = {**self._fixed, **values}
        for name, convert in self._convert_given.items():
            every[name] = convert(every[name])
        return tuple([every[name] for name in self._order])

    def converted(self, found: Sequence[Sequence[Any]]) -> list[Any]:
        """The driver's rows in Python's types."""
        if not self._convert_found:
            return list(map(self._row._make, found))
        rows = []
        for each in found:
            row = list(each)
            for place, convert in self._convert_found:
                row[place] = convert(row[place])
            rows.append(self._row(*row))
        return rows


def _row_with(names: Sequence[str]) -> Any:
    return namedtuple("Row", names, rename=True)  # noqa: PYI024 - the names are found only now
