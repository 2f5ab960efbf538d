"""Joins of tables whose keys begin with the organisation."""

from typing import Any

from sqlalchemy import ColumnElement, inspect


def linked(one: Any, other: Any) -> ColumnElement[bool]:
    """The condition that two columns are equal within one organisation: `linked(CaseFile.id, Audit.case_file_id)`.

    Both are columns of tables, or of aliases of tables, that have an `organisation_id`.
    """
    tables = (inspect(column).parent.entity for column in (one, other))
    first, second = (table.organisation_id for table in tables)
    condition: ColumnElement[bool] = (first == second) & (one == other)
    return condition
