"""What each of the two databases does in its own way."""

from functools import cache
from importlib import import_module
from typing import Any

from sqlalchemy import Table


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
