"""Joins of tables whose keys begin with the organisation."""

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, inspect


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
