"""Tables are imported when they are first needed, by one thread, while others run queries, and take little memory."""

from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy.event.base import slots_dispatcher
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


def make_columns_small() -> None:
    """From now on a mapped column has only what it needs until a query names it: 8 kB less for each.

    For each column SQLAlchemy asks, with `hasattr`, whether somebody listens to its attribute. Where nobody does, the
    attribute passes the question on to its column as a query has it, and that to its comparator: both are made to
    answer no, and stay.
    """
    slots_dispatcher.__get__ = _dispatch_of  # type: ignore[method-assign, assignment]


def _dispatch_of(self: slots_dispatcher[Any], asked: Any, _: type[Any]) -> Any:
    """As SQLAlchemy's own, but asks the attribute itself only."""
    if asked is None:
        return self.dispatch
    try:
        return object.__getattribute__(asked, "_slots_dispatch")
    except AttributeError:
        asked._slots_dispatch = made = self.dispatch._for_instance(asked)  # noqa: SLF001 - as above
        return made
