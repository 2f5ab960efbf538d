"""Rows that are computed here, as a table in a SELECT: what templates say of answers and themes, and released cells."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import FromClause, cast, column, func, literal, select, type_coerce
from sqlalchemy.dialects.postgresql import JSON
from sqlmodel import Session


def rows_as_table(
    session: Session, name: str, rows: Iterable[Mapping[str, Any]], types: Mapping[str, Any]
) -> FromClause:
    """These rows as a table of that name with columns of these types, sent to the database as one parameter."""
    sent = literal(json.dumps([{key: row[key] for key in types} for row in rows], default=_hex))
    if session.get_bind().dialect.name == "postgresql":
        columns = [column(key, kind) for key, kind in types.items()]
        made = func.json_to_recordset(cast(sent, JSON)).table_valued(*columns).render_derived(name, with_types=True)
        return _kept(name, select(made))
    each = func.json_each(sent).table_valued("value")
    taken = (type_coerce(func.json_extract(each.c.value, f"$.{key}"), kind).label(key) for key, kind in types.items())
    return _kept(name, select(*taken))


def _kept(name: str, rows: Any) -> FromClause:
    """These rows, computed once for the whole statement: otherwise for each row that they are joined with."""
    return rows.cte(f"{name}_rows").prefix_with("MATERIALIZED")  # type: ignore[no-any-return]


def _hex(value: Any) -> str:
    """An identifier in the form that both databases read."""
    text: str = value.hex
    return text
