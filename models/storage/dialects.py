"""What each of the two databases does in its own way."""

import json
from collections.abc import Collection
from functools import cache
from importlib import import_module
from typing import Any, Self

from sqlalchemy import Boolean, ColumnElement, Dialect, String, Table, TypeDecorator, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine


@cache
def dialect_named(name: str) -> Any:
    """SQLAlchemy's module for `sqlite` or `postgresql`."""
    return import_module(f"sqlalchemy.dialects.{name}")


@cache
def insert_new(dialect: str, table: Table) -> Any:
    """An INSERT that does not change a row that exists already. Made once for each table."""
    return dialect_named(dialect).insert(table).on_conflict_do_nothing()


@cache
def insert_or_lock(dialect: str, table: Table) -> Any:
    """An INSERT of one row that returns the new or existing row, locked until the transaction ends.

    An INSERT and a SELECT after it would find nothing where another transaction has just deleted the row.
    """
    (key,) = table.primary_key.columns
    inserted = dialect_named(dialect).insert(table)
    unchanged = {key: inserted.excluded[key.name]}
    return inserted.on_conflict_do_update(index_elements=[key], set_=unchanged).returning(*table.columns)


def is_among(column: Any, name: str) -> ColumnElement[bool]:
    """The condition that a column has one of the values of a collection, which is given as the parameter `name`.

    `IN` would be another statement for each number of values: built, compiled and planned anew.
    """
    return _Among(column, bindparam(name, type_=_Values(column.type)))


class _Values(TypeDecorator[Collection[Any]]):
    """Values of one type as one parameter: an array on PostgreSQL, a JSON text on SQLite."""

    impl = String
    cache_ok = True

    def __init__(self, of: TypeEngine[Any]) -> None:
        super().__init__()
        self.of = of

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        made: TypeEngine[Any] = dialect_named("postgresql").ARRAY(self.of) if _has_arrays(dialect) else String()
        return dialect.type_descriptor(made)

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> Any:
        values = list(value or ())
        if _has_arrays(dialect):
            return values
        convert = self.of.dialect_impl(dialect).bind_processor(dialect)
        return json.dumps(values if convert is None else [convert(each) for each in values])


class _Among(FunctionElement[bool]):
    inherit_cache = True
    type = Boolean()

    def self_group(self, against: object = None) -> Self:  # noqa: ARG002 - as it is anywhere
        """Itself: SQLAlchemy would compare it with 1 on SQLite, which then uses no index."""
        return self


@compiles(_Among)
def _on_sqlite(element: _Among, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    return f"({column} IN (SELECT value FROM json_each({values})))"  # noqa: S608 - both parts are compiled


@compiles(_Among, "postgresql")
def _on_postgresql(element: _Among, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    return f"({column} = ANY ({values}))"


def _has_arrays(dialect: Dialect) -> bool:
    return dialect.name == "postgresql"
