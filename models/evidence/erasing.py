"""What belongs to a case or to one of its audits, by the foreign keys: all of it is erased with it, and nothing else.

So a new table that refers to a case, an audit or what belongs to one is erased too, without being listed anywhere.
"""

import uuid
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Table, delete, insert, select, update

from models.every import TABLES

CASE: Final = "case_file"
AUDIT: Final = "audit"
# The identifiers of everything that is being erased: the guards let these rows go.
IN_PROGRESS: Final = "being_erased"
# Columns that name a case to which their row does not belong: they are emptied.
EMPTIED: Final = (("sampled_case", "stands_for_id"),)


class Belonging(NamedTuple):
    """Rows of a table that belong to those of `owner`, which `column` names."""

    table: str
    column: str
    owner: str


@cache
def belongings(root: str = CASE) -> tuple[Belonging, ...]:
    """The tables whose rows belong to a case, or to an audit as the root; owners before what belongs to them."""
    found: list[Belonging] = []
    waiting = [root]
    for owner in waiting:
        for name, table in sorted(TABLES.items()):
            for column in _columns_naming(table, owner):
                if name == owner or (name, column) in EMPTIED:
                    continue
                found.append(Belonging(name, column, owner))
                if name not in waiting:
                    waiting.append(name)
    return tuple(found)


def _columns_naming(table: Table, owner: str) -> list[str]:
    named = (key for key in table.foreign_key_constraints if key.referred_table.name == owner)
    return sorted(column.name for key in named for column in key.columns if column.name != "organisation_id")


def owned_ids(
    connection: Connection, organisation_id: int, identifier: uuid.UUID, *, root: str = CASE
) -> dict[str, list[uuid.UUID]]:
    """The identifiers of a case, or of an audit as the root, and of all that belongs to it, by table; without tables
    that own nothing.
    """
    owners = {each.owner for each in belongings(root)}
    ids: dict[str, list[uuid.UUID]] = {owner: [] for owner in owners} | {root: [identifier]}
    for each in belongings(root):
        if each.table in owners and ids[each.owner]:
            query = select(_table(each.table).c.id).where(*_belonging_to(each, organisation_id, ids))
            ids[each.table] += connection.execute(query).scalars()
    return ids


def rows_of_case(
    connection: Connection, organisation_id: int, case_file_id: uuid.UUID
) -> dict[str, Sequence[Mapping[str, Any]]]:
    """Every row of a case and of what belongs to it, by table; tables without any are left out."""
    ids = owned_ids(connection, organisation_id, case_file_id)
    own = _table(CASE)
    found: dict[str, list[Mapping[str, Any]]] = {
        CASE: _read(connection, own, (own.c.organisation_id == organisation_id, own.c.id == case_file_id))
    }
    for each in belongings():
        if ids[each.owner]:
            rows = _read(connection, _table(each.table), _belonging_to(each, organisation_id, ids))
            found.setdefault(each.table, []).extend(rows)
    return {table: rows for table, rows in found.items() if rows}


def delete_owned(
    connection: Connection,
    organisation_id: int,
    identifier: uuid.UUID,
    ids: Mapping[str, Sequence[uuid.UUID]],
    *,
    root: str = CASE,
) -> dict[str, int]:
    """Delete a case, or an audit as the root, and all that belongs to it; how many rows of each table.

    `ids`: of `owned_ids`. For an action that has checked that it may be erased, and that records it.
    """
    going = _table(IN_PROGRESS)
    every = [each for some in ids.values() for each in some]
    connection.execute(insert(going), [{"organisation_id": organisation_id, "id": each} for each in every])
    if root == CASE:
        for name, column in EMPTIED:
            table = _table(name)
            names_it = (table.c.organisation_id == organisation_id, table.c[column] == identifier)
            connection.execute(update(table).where(*names_it).values({column: None}))
    deleted: dict[str, int] = {}
    for each in reversed(belongings(root)):
        if ids[each.owner]:
            gone = connection.execute(delete(_table(each.table)).where(*_belonging_to(each, organisation_id, ids)))
            deleted[each.table] = deleted.get(each.table, 0) + gone.rowcount
    own = _table(root)
    is_it = (own.c.organisation_id == organisation_id, own.c.id == identifier)
    deleted[root] = connection.execute(delete(own).where(*is_it)).rowcount
    connection.execute(delete(going).where(going.c.organisation_id == organisation_id))
    return {table: number for table, number in deleted.items() if number}


def let_go(table: str, change: str) -> str:
    """The column of a table by which a guard recognises a row that is being erased; empty where it never is.

    For a table that owns others, that is its own identifier, so that an audit can be deleted while its case stays.
    """
    if change == "UPDATE":
        return dict(EMPTIED).get(table, "")
    if change != "DELETE":
        return ""
    if table in {each.owner for each in belongings()}:
        return "id"
    return next((each.column for each in belongings() if each.table == table), "")


def _table(name: str) -> Table:
    return TABLES[name]


def _belonging_to(each: Belonging, organisation_id: int, ids: Mapping[str, Sequence[uuid.UUID]]) -> tuple[Any, ...]:
    table = _table(each.table)
    return table.c.organisation_id == organisation_id, table.c[each.column].in_(ids[each.owner])


def _read(connection: Connection, table: Table, where: tuple[Any, ...]) -> list[Mapping[str, Any]]:
    query = select(table).where(*where).order_by(*table.primary_key)
    return [dict(row) for row in connection.execute(query).mappings()]
