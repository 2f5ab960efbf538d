"""Joins of tables whose keys begin with the organisation, and other names for a table that is in a statement twice."""

from functools import lru_cache
from threading import RLock
from typing import Any, Final, TypeVar, cast

from sqlalchemy import ColumnElement, inspect, select
from sqlalchemy.inspection import _inspects
from sqlalchemy.orm import QueryableAttribute
from sqlalchemy.orm.util import AliasedClass, AliasedInsp
from sqlmodel import SQLModel

Model = TypeVar("Model", bound=SQLModel)


# A page asks for the same thirty joins each time, and building one takes longer than the database needs for it.
@lru_cache(maxsize=1000)
def linked(one: Any, other: Any) -> ColumnElement[bool]:
    """The condition that two columns are equal within one organisation: `linked(CaseFile.id, Audit.case_file_id)`.

    Both are columns of tables, or of aliases of tables, that have an `organisation_id`.
    """
    tables = (inspect(column).parent.entity for column in (one, other))
    first, second = (table.organisation_id for table in tables)
    condition: ColumnElement[bool] = (first == second) & (one == other)
    return condition


def table_alias(model: type[Model]) -> type[Model]:
    """Another name of a table. Made once for each use, while its module is imported.

    What nobody uses of it takes no memory: a whole one of 33 columns is 370 kB.
    """
    alias: Any = _Alias(model)
    return cast("type[Model]", alias)


class _Alias(AliasedClass[Any]):
    """An alias that one thread completes when it is first used, and each of its columns likewise.

    SQLAlchemy completes one while statements use it. Of two threads that did so at the same time, each could see it
    half complete: its statement failed, or named the wrong columns.
    """

    def __getattr__(self, name: str) -> Any:
        with _COMPLETING:
            if name not in self.__dict__:
                inspected = _completed(self)
                column = getattr(inspected.class_, name)
                if not isinstance(column, QueryableAttribute):
                    return super().__getattr__(name)
                own = column.adapt_to_entity(inspected)
                select(column, own.label(f"own_{name}")).join(self, own == column).compile()
                self.__dict__[name] = own
            return self.__dict__[name]


# Completing one asks for others.
_COMPLETING: Final = RLock()
_IS_COMPLETE: Final = "_is_complete"


def _completed(alias: _Alias) -> AliasedInsp[Any]:
    """What SQLAlchemy knows of an alias. Asked with `inspect`, as statements ask, it is complete."""
    inspected: AliasedInsp[Any] = alias.__dict__["_aliased_insp"]
    if _IS_COMPLETE not in alias.__dict__:
        with _COMPLETING:
            if _IS_COMPLETE not in alias.__dict__:
                select(inspected).compile()
                alias.__dict__[_IS_COMPLETE] = True
    return inspected


_inspects(_Alias)(_completed)
