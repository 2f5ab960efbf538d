"""$filter as a condition of a SELECT. Columns come from the table's own list, and values are only ever parameters.

A comparison is true or false, never unknown: as OData has it, nothing equals nothing, and is neither less nor more than
anything (Part 2, section 5.1.1.1).
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, false, func, literal, not_, or_, true

from api.foundation.problems import BadRequest, NotSupported
from api.odata.filter_text import NOT_READ, Called, Compared, Filter, Joined, Literal, Name, Negated, read_filter
from api.odata.shapes import LARGEST, Column, Kind

_IN_ORDER: Final = frozenset({Kind.WHOLE, Kind.NUMBER, Kind.DAY, Kind.MOMENT})
_COMPARED: Final[Mapping[str, Callable[[Any, Any], ColumnElement[bool]]]] = {
    "lt": lambda one, other: one < other,
    "le": lambda one, other: one <= other,
    "gt": lambda one, other: one > other,
    "ge": lambda one, other: one >= other,
}


def condition(text: str, columns: Mapping[str, Column], found: Mapping[str, ColumnElement[Any]]) -> ColumnElement[bool]:
    """The condition that a $filter makes of these columns, which `found` has in the SELECT.

    Raises BadRequest for what is no filter or names no column, NotSupported for what is one and not supported here.
    """
    return _Conditions(columns, found).of(read_filter(text))


class _Conditions:
    def __init__(self, columns: Mapping[str, Column], found: Mapping[str, ColumnElement[Any]]) -> None:
        self._columns = columns
        self._found = found

    def of(self, part: Filter) -> ColumnElement[bool]:
        match part:
            case Joined():
                joined = and_ if part.all_of else or_
                return joined(*(self.of(each) for each in part.parts))
            case Negated():
                return not_(self.of(part.part))
            case Compared():
                return self._compared(part)
            case Called():
                return self._called(part)
            case Name():
                return self._true(self._column(part.name))
            case Literal():
                if part.kind is not Kind.YES_NO:
                    raise BadRequest(NOT_READ)
                return true() if part.value else false()

    def _compared(self, part: Compared) -> ColumnElement[bool]:
        column = self._column(part.name)
        values = [_value(column, each) for each in part.values]
        if part.operator == "in":
            return or_(false(), *(self._equal(column, value) for value in values))
        (value,) = values
        if part.operator in {"eq", "ne"}:
            equal = self._equal(column, value)
            return equal if part.operator == "eq" else not_(equal)
        if column.kind not in _IN_ORDER:
            raise NotSupported(f"{column.name} can be compared by eq, ne and in only.")
        if value is None:
            return false()
        return self._known(column, _COMPARED[part.operator](self._found[column.name], value))

    def _called(self, part: Called) -> ColumnElement[bool]:
        column, text = self._column(part.name), part.text
        if column.kind is not Kind.TEXT:
            raise BadRequest(f"{column.name} is not text, so {part.function} cannot look into it.")
        _value(column, Literal(Kind.TEXT, text))
        found = self._found[column.name]
        # LIKE ignores case on one of the databases, and has signs of its own.
        is_long_enough = func.length(found) >= len(text)
        if part.function == "startswith":
            same = func.substr(found, 1, len(text)) == text
        elif part.function == "endswith":
            same = and_(is_long_enough, func.substr(found, func.length(found) - len(text) + 1) == text)
        else:
            same = func.replace(found, text, "") != found if text else is_long_enough
        return self._known(column, same)

    def _column(self, name: str) -> Column:
        column = self._columns.get(name)
        if column is None:
            raise BadRequest("The $filter names a column that this table does not have. See $metadata.")
        return column

    def _true(self, column: Column) -> ColumnElement[bool]:
        if column.kind is not Kind.YES_NO:
            raise BadRequest(NOT_READ)
        return self._equal(column, value=True)

    def _equal(self, column: Column, value: Any) -> ColumnElement[bool]:
        found = self._found[column.name]
        if value is None:
            return found.is_(None) if column.nullable else false()
        return self._known(column, found == literal(value, found.type))

    def _known(self, column: Column, compared: ColumnElement[bool]) -> ColumnElement[bool]:
        """The same, and false where the column is empty."""
        return and_(self._found[column.name].is_not(None), compared) if column.nullable else compared


def _value(column: Column, given: Literal) -> Any:
    """The value to compare a column with. Raises BadRequest for one of another type, or of no possible size."""
    if given.kind is None:
        return None
    fits = given.kind is column.kind or (column.kind is Kind.NUMBER and given.kind is Kind.WHOLE)
    if not fits:
        raise BadRequest(f"{column.name} is {column.kind.value}: compare it with a value of that type.")
    value: Any = given.value
    if column.kind is Kind.TEXT and "\0" in value:
        raise BadRequest(NOT_READ)
    if column.kind in {Kind.WHOLE, Kind.NUMBER} and not (math.isfinite(value) and abs(value) <= LARGEST):
        raise BadRequest(f"{column.name} is compared with a number that is too large.")
    return value
