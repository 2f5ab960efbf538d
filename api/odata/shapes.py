"""What a table of the feed is: its columns with their types, its key, and where its rows come from."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, Final

from sqlmodel import Session

from api.foundation.local_time import read_moment
from api.foundation.permissions import Actor, Permission

# A whole number of 32 bits, as OData has them.
LARGEST: Final = 2**31 - 1
# A SELECT, of columns of any types.
Rows = Any
Value = str | int | float | bool | uuid.UUID | date | datetime | None


class Kind(Enum):
    """The type of a column, by its name in OData."""

    TEXT = "Edm.String"
    IDENTIFIER = "Edm.Guid"
    WHOLE = "Edm.Int32"
    NUMBER = "Edm.Double"
    YES_NO = "Edm.Boolean"
    DAY = "Edm.Date"
    MOMENT = "Edm.DateTimeOffset"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name in the feed, its type, and whether it may be empty (null)."""

    name: str
    kind: Kind
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Start:
    """Where a page begins: after the row with these values of the columns by which the rows are in order."""

    values: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a table's rows: a SELECT whose columns have the names of the table's, and where the next part begins.

    Of a table with many rows there are several, so that no page reads or computes all of them.
    """

    rows: Rows
    end: Start | None = None


PartAt = Callable[[Session, Actor, Start | None], Part]


@dataclass(frozen=True, slots=True)
class Table:
    """A table: `name` as a set of rows, `row` as the type of one, and what each row is, for people.

    `key` identifies a row. `order` are the columns by which rows are in order, and the place of a row in it is unique.
    `part_at`: the part with the rows after a start; without one, all rows as one part, which only `sortable` tables
    have. `round_column`: where a row names the round whose audits it shows, "" where it shows none.
    """

    name: str
    row: str
    about: str
    permission: Permission
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    order: tuple[str, ...]
    part_at: PartAt
    sortable: bool = True
    round_column: str = ""

    @property
    def by_name(self) -> Mapping[str, Column]:
        return {column.name: column for column in self.columns}


def whole(select_rows: Callable[[Session, Actor], Rows]) -> PartAt:
    """`part_at` of a table with few rows, which are one part."""

    def part_at(session: Session, by: Actor, _: Start | None) -> Part:
        return Part(select_rows(session, by))

    return part_at


_TEXT_OF: Final[Mapping[Kind, Callable[[Any], Any]]] = {
    Kind.IDENTIFIER: str,
    Kind.DAY: date.isoformat,
    Kind.MOMENT: lambda moment: moment.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    Kind.TEXT: str,
}


def in_json(kind: Kind, value: Any) -> Any:
    """A value as JSON has it in OData."""
    return value if value is None or kind not in _TEXT_OF else _TEXT_OF[kind](value)


def _text(value: str) -> str:
    if "\0" in value:
        raise ValueError("no database keeps a text with this character")
    return value


def _number(value: float) -> float:
    if not abs(value) <= LARGEST:
        raise ValueError("larger than any number of the feed")
    return value


_READ: Final[Mapping[Kind, tuple[type | tuple[type, ...], Callable[[Any], Value]]]] = {
    Kind.TEXT: (str, _text),
    Kind.IDENTIFIER: (str, uuid.UUID),
    Kind.WHOLE: (int, _number),
    Kind.NUMBER: ((int, float), _number),
    Kind.YES_NO: (bool, bool),
    Kind.DAY: (str, date.fromisoformat),
    Kind.MOMENT: (str, read_moment),
}


def out_of_json(kind: Kind, value: Any) -> Value:
    """The value from which `in_json` made this. ValueError or TypeError for anything that it never makes."""
    if value is None:
        return None
    written_as, read = _READ[kind]
    if not isinstance(value, written_as):
        raise TypeError("no value of this type is written so")
    return read(value)
