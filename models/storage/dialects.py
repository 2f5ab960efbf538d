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
    """An INSERT that leaves a row as it is which is there already. Made once for each table."""
    return dialect_named(dialect).insert(table).on_conflict_do_nothing()
