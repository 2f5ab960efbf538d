"""Tables are imported when they are first needed, by one thread, while others run queries."""

from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy.orm import registry


class SteadyManagers(WeakKeyDictionary[Any, Any]):
    """SQLAlchemy's entries for the classes that are tables. New ones may be added during an iteration.

    SQLAlchemy iterates over them before a query, and no lock stops another thread from adding one: with its own
    dictionary that query would fail. An entry that an iteration misses is visited by a later one, because it is marked
    as new afterwards.
    """

    def __iter__(self) -> Iterator[Any]:
        # A copy of what is there now, which Python makes in one step.
        there = tuple(self.data)  # type: ignore[attr-defined]
        return iter([manager for kept in there if (manager := kept()) is not None])

    keys = __iter__


def let_threads_add_tables(tables: registry) -> None:
    """Let one thread add classes to this registry while other threads use the ones that it has."""
    tables._managers = SteadyManagers(tables._managers)  # noqa: SLF001 - SQLAlchemy has no other way
