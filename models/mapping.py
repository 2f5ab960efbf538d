"""Tables are imported when they are first needed, by one thread, while others run queries."""

from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy.orm import registry


class SteadyManagers(WeakKeyDictionary[Any, Any]):
    """What SQLAlchemy keeps of each class that is a table. Others may be added while it is gone through.

    SQLAlchemy goes through it before a query, while no lock keeps another thread from adding one: with its own
    dictionary that query would fail. One that is left out is gone through again, because it is marked as new later.
    """

    def __iter__(self) -> Iterator[Any]:
        # A copy of what is there now, which Python makes in one step.
        there = tuple(self.data)  # type: ignore[attr-defined]
        return iter([manager for kept in there if (manager := kept()) is not None])

    keys = __iter__


def let_threads_add_tables(tables: registry) -> None:
    """From now on classes may be added to this registry by one thread while others use the ones that it has."""
    tables._managers = SteadyManagers(tables._managers)  # noqa: SLF001 - SQLAlchemy has no other way
