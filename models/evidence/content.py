"""The hash of what is stored of a record, in one canonical form on both databases.

The form is JSON in ASCII without spaces: FORMAT, the part with its form, organisation and identifier, then for each
table its name, the names of the columns, and the rows in the order of their texts. Times are in UTC, identifiers 32
hexadecimal digits, yes and no 1 and 0.
"""

import json
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from hashlib import sha256
from operator import itemgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from models.evidence.kept import Part, Record, Rows

FORMAT: Final = "caseaudit-content/1"
READ_TOGETHER: Final = 500
# A whole number is the same number where the database keeps it as a float.
_FLOATS: Final = frozenset({"sampling_weight", "probability", "share_percent"})

_as_json: Final = json.JSONEncoder(separators=(",", ":")).encode
_text_as_json: Final = json.encoder.encode_basestring_ascii
# The types of values that are written as they are, whatever their column.
_AT_HAND: Final[Mapping[type, Callable[[Any], str]]] = {
    str: _text_as_json,
    uuid.UUID: lambda value: f'"{value.hex}"',
    type(None): lambda _: "null",
}


class Key(NamedTuple):
    """What names a record within its kind: its identifier as 32 hexadecimal digits, and its number where it has one."""

    id: str
    number: int = 0


class Stored(NamedTuple):
    """A record as it is stored: its state, and the hash of each requested part."""

    state: str
    hashes: Mapping[str, str]


def label(record: Record, part: Part) -> str:
    """How an event names a part: `audit.answers/1`."""
    return f"{record.name}.{part.name}/{part.form}"


def hash_of(
    record: Record, part: Part, organisation_id: int, key: Key, tables: Sequence[Iterable[Sequence[Any]]]
) -> str:
    """The hash of a part, given the values of its columns row by row for each of `part.rows`."""
    said = [_said(rows, [_row_as_json(row) for row in found]) for rows, found in zip(part.rows, tables, strict=True)]
    return _hash_of_tables(record, part, organisation_id, key, said)


def hash_at_hand(
    record: Record, part: Part, organisation_id: int, identifier: uuid.UUID, tables: Mapping[str, Sequence[Any]]
) -> str:
    """The hash of a part from rows that are about to be stored, as mappings by table: the database is not asked."""
    said = [
        _said(rows, _rows_at_hand(rows, found)) if (found := tables.get(rows.table)) else _nothing_of(rows)
        for rows in part.rows
    ]
    return _hash_of_tables(record, part, organisation_id, Key(identifier.hex), said)


def _hash_of_tables(record: Record, part: Part, organisation_id: int, key: Key, said: Iterable[str]) -> str:
    head = f'["{FORMAT}","{label(record, part)}",{organisation_id},"{key.id}",{key.number},'
    return sha256(f"{head}{','.join(said)}]".encode()).hexdigest()


def _said(rows: Rows, found: list[str]) -> str:
    """The canonical form of a table, given its rows as JSON."""
    found.sort()
    return f"{_head_of_rows(rows)}{','.join(found)}]]"


@cache
def _head_of_rows(rows: Rows) -> str:
    return f'["{rows.table}",{_as_json(rows.columns)},['


@cache
def _nothing_of(rows: Rows) -> str:
    """The canonical form of a table without rows, as most tables of most records are."""
    return _said(rows, [])


def _row_as_json(row: Iterable[Any]) -> str:
    """The same result as `_as_json`, in a fraction of the time."""
    return f"[{','.join(map(_value_as_json, row))}]"


def _value_as_json(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return _text_as_json(value)
    if value is None:
        return "null"
    return repr(value) if kind is int else _as_json(value)


def _rows_at_hand(rows: Rows, found: Iterable[Mapping[str, Any]]) -> list[str]:
    columns, values_of = rows.columns, _values_of(rows)
    try:  # most tables hold texts only
        return [f"[{','.join(map(_text_as_json, values_of(row)))}]" for row in found]
    except TypeError:
        return [f"[{','.join(map(_value_at_hand, columns, values_of(row)))}]" for row in found]


def _value_at_hand(column: str, value: Any) -> str:
    as_json = _AT_HAND.get(type(value))
    return as_json(value) if as_json is not None else _value_as_json(plain_of(column, value))


@cache
def _values_of(rows: Rows) -> Callable[[Mapping[str, Any]], Sequence[Any]]:
    """A function that takes the values of these columns out of a row."""
    if len(rows.columns) > 1:
        return itemgetter(*rows.columns)
    (column,) = rows.columns
    return lambda row: (row[column],)


def stored_contents(
    connection: Connection, record: Record, parts: Collection[Part], organisation_id: int, keys: Iterable[Key]
) -> dict[Key, Stored]:
    """What is stored of these records; a record that is not stored is left out."""
    found: dict[Key, Stored] = {}
    wanted = list(dict.fromkeys(keys))
    for start in range(0, len(wanted), READ_TOGETHER):
        some = wanted[start : start + READ_TOGETHER]
        found |= _some_contents(connection, record, parts, organisation_id, some)
    return found


def _some_contents(
    connection: Connection, record: Record, parts: Collection[Part], own: int, keys: Sequence[Key]
) -> dict[Key, Stored]:
    numbered = (record.number,) if record.number else ()
    wanted: dict[tuple[str, str, str], dict[str, None]] = {
        (record.table, record.key, ""): dict.fromkeys([record.state] if record.state else [])
    }
    for part in parts:
        for rows in part.rows:
            wanted.setdefault((rows.table, rows.key, rows.where), {}).update(dict.fromkeys(rows.columns))
    identifiers = list({key.id for key in keys})
    read = {
        place: _read(connection, place, (*numbered, *columns), own, identifiers) for place, columns in wanted.items()
    }
    places = {place: {name: at for at, name in enumerate((*numbered, *columns))} for place, columns in wanted.items()}
    itself = (record.table, record.key, "")
    found = {}
    for key in keys:
        row = _rows_of(read[itself], key, record)
        if not row:
            continue
        hashes = {}
        for part in parts:
            tables = []
            for rows in part.rows:
                place = (rows.table, rows.key, rows.where)
                at = [places[place][name] for name in rows.columns]
                tables.append([[each[column] for column in at] for each in _rows_of(read[place], key, record)])
            hashes[part.name] = hash_of(record, part, own, key, tables)
        state = row[0][places[itself][record.state]] if record.state else ""
        found[key] = Stored(str(state), hashes)
    return found


def _rows_of(read: Mapping[str, list[list[Any]]], key: Key, record: Record) -> list[list[Any]]:
    rows = read.get(key.id, [])
    return [row for row in rows if row[0] == key.number] if record.number else rows


def _read(
    connection: Connection, place: tuple[str, str, str], columns: Sequence[str], own: int, identifiers: Sequence[str]
) -> dict[str, list[list[Any]]]:
    """The rows of a table by the record that they belong to."""
    table, key, where = place
    also = f" AND {where}" if where else ""
    names = ", ".join((key, *(f'"{name}"' for name in columns)))
    if connection.dialect.name == "postgresql":
        query = f'SELECT {names} FROM "{table}" WHERE organisation_id = %s AND {key} = ANY(%s){also}'  # noqa: S608
        values: tuple[Any, ...] = (own, [uuid.UUID(each) for each in identifiers])
    else:
        marks = ", ".join("?" * len(identifiers))
        query = f'SELECT {names} FROM "{table}" WHERE organisation_id = ? AND {key} IN ({marks}){also}'  # noqa: S608
        values = (own, *identifiers)
    found: dict[str, list[list[Any]]] = {}
    for identifier, *row in connection.exec_driver_sql(query, values):
        said = [plain_of(name, value) for name, value in zip(columns, row, strict=True)]
        found.setdefault(_plain(identifier), []).append(said)
    return found


def plain_of(column: str, value: Any) -> Any:
    """A value of a column in the canonical form."""
    if column in _FLOATS and value is not None:
        return float(value)
    return _plain(value)


def _plain(value: Any) -> Any:
    kind = type(value)
    if value is None or kind is str or kind is int or kind is float:
        return value
    if kind is bool:
        return int(value)
    if isinstance(value, uuid.UUID):
        return value.hex
    if isinstance(value, date):
        return _plain_day(value)
    return value.value if isinstance(value, Enum) else bytes(value).hex()


def _plain_day(value: date) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(" ", "microseconds").removesuffix("+00:00")
    return value.isoformat()
