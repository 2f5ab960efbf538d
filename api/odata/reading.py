"""One page of a table: the rows that were asked for, where the next page begins, and their number if asked."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, false, func, literal, or_, select, true
from sqlmodel import Session

from api.foundation.permissions import Actor
from api.odata.asking import Asked, Sorting, order_of
from api.odata.filters import condition
from api.odata.shapes import Rows, Start, Table, Value

ROWS_OF_A_PAGE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, each with its values in the order of `names`; what asks for the next page; how many there are in all.

    `rounds`: those whose audits the rows show.
    """

    names: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    following: Asked | None
    number: int | None
    rounds: frozenset[uuid.UUID]


def read_page(session: Session, table: Table, asked: Asked, by: Actor, *, most: int) -> Page:
    """The rows of a table that were asked for, at most so many; the following page goes on where this one ends.

    Raises BadRequest and NotSupported for a $filter.
    """
    part = table.part_at(session, by, None if asked.sorting else asked.start or Start())
    matching = _Matching(table, part.rows, asked)
    left = None if asked.top is None else asked.top
    wanted = most if left is None else min(left, most)
    rows = matching.rows(session, limit=wanted + 1)
    shown, following = rows[:wanted], None
    is_all = left is not None and left <= len(shown)
    if len(rows) > wanted and shown and not is_all:
        following = asked.following(matching.place_of(shown[-1]), shown=len(shown))
    elif len(rows) <= wanted and part.end is not None and not is_all:
        skip = max(0, asked.skip - matching.count(session)) if asked.skip else 0
        following = asked.following(part.end, shown=len(shown), skip=skip)
    return Page(
        matching.names,
        shown,
        following,
        count_rows(session, table, asked, by) if asked.counts else None,
        matching.rounds_of(shown),
    )


def count_rows(session: Session, table: Table, asked: Asked, by: Actor) -> int:
    """How many rows of the table match the $filter, on all pages."""
    number, start = 0, Start()
    while True:
        part = table.part_at(session, by, start)
        number += _Matching(table, part.rows, asked).count(session)
        if part.end is None:
            return number
        start = part.end


class _Matching:
    """The rows of a part that match a request, in its order."""

    def __init__(self, table: Table, rows: Rows, asked: Asked) -> None:
        self._table, self._asked, self._order = table, asked, order_of(table, asked)
        found = rows.subquery()
        self._columns: Mapping[str, ColumnElement[Any]] = dict(found.c.items())
        wanted = condition(asked.filter, table.by_name, self._columns) if asked.filter else true()
        shown = asked.select or tuple(column.name for column in table.columns)
        # Those besides, from which the next page and what is recorded follow.
        besides = (*(each.name for each in self._order), *filter(None, [table.round_column]))
        self.names = tuple(dict.fromkeys((*shown, *besides)))
        self._query = select(*(found.c[name] for name in self.names)).where(wanted)
        self._counting = select(func.count()).select_from(found).where(wanted)

    def rows(self, session: Session, *, limit: int) -> Sequence[Any]:
        query = self._query.order_by(*map(self._sorted_by, self._order)).limit(limit)
        if self._asked.start is not None:
            query = query.where(self._after(self._asked.start.values))
        return session.execute(query.offset(self._asked.skip) if self._asked.skip else query).all()

    def count(self, session: Session) -> int:
        number: int = session.execute(self._counting).scalar_one()
        return number

    def place_of(self, row: Sequence[Any]) -> Start:
        return Start(tuple(row[self.names.index(each.name)] for each in self._order))

    def rounds_of(self, rows: Sequence[Sequence[Any]]) -> frozenset[uuid.UUID]:
        if not self._table.round_column:
            return frozenset()
        place = self.names.index(self._table.round_column)
        return frozenset(row[place] for row in rows if row[place] is not None)

    def _sorted_by(self, sorting: Sorting) -> ColumnElement[Any]:
        """As OData has it, what is empty comes first, and last where the order is turned."""
        column = self._columns[sorting.name]
        if not self._table.by_name[sorting.name].nullable:
            return column.desc() if sorting.descending else column
        return column.desc().nulls_last() if sorting.descending else column.asc().nulls_first()

    def _after(self, values: Sequence[Value]) -> ColumnElement[bool]:
        """The condition that a row comes after the one with these values."""
        pairs = list(zip(self._order, values, strict=True))
        ways = [
            and_(true(), *(self._same(*known) for known in pairs[:place]), self._beyond(*pair))
            for place, pair in enumerate(pairs)
        ]
        (first, value), after = pairs[0], or_(*ways)
        if value is None or first.descending:
            return after
        # Said besides, so that an index finds the first of them.
        column = self._columns[first.name]
        return and_(column >= literal(value, column.type), after)

    def _same(self, sorting: Sorting, value: Value) -> ColumnElement[bool]:
        column = self._columns[sorting.name]
        return column.is_(None) if value is None else column == literal(value, column.type)

    def _beyond(self, sorting: Sorting, value: Value) -> ColumnElement[bool]:
        column = self._columns[sorting.name]
        if sorting.descending:
            return false() if value is None else or_(column < literal(value, column.type), column.is_(None))
        return column.is_not(None) if value is None else column > literal(value, column.type)
