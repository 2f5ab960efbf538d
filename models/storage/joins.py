"""Joins of tables whose keys begin with the organisation, and aliases for a table that is in a statement twice."""

from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, inspect, select
from sqlalchemy.orm import aliased
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
    """An alias of a table. Made once for each use, while its module is imported, and complete from then on.

    SQLAlchemy completes one when statements first use it. Of two threads that did so at the same time, each could see
    it half complete: its statement failed, or named the wrong columns.
    """
    alias: type[Model] = aliased(model)
    columns = {each.key: getattr(alias, each.key) for each in inspect(model).column_attrs}
    same = and_(*(column == getattr(model, name) for name, column in columns.items()))
    select(model, *(column.label(f"own_{name}") for name, column in columns.items())).join(alias, same).compile()
    select(alias).compile()
    return alias
