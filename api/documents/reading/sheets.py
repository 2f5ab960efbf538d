"""A table of an export: a sheet of a workbook, or a file of separated values."""

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Final


class Formula(str):
    """What a spreadsheet last worked out for a formula. It may be out of date, so no cell of a case is read from it."""

    __slots__ = ()


# A number is the text in the file, so that no digit of an identifier is lost.
Cell = str | date
# The row's number as people see it, and its cells.
Row = tuple[int, list[Cell]]
# There may be titles above the headings, but never more than this.
_ROWS_ABOVE: Final = 10


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table by its name; `rows` reads it from the top, as often as called.

    `hidden_rows` are the numbers of rows that a filter or a person hid, `hidden_columns` those of columns, from 0.
    """

    name: str
    rows: Callable[[], Iterator[Row]]
    is_hidden: bool = False
    hidden_rows: AbstractSet[int] = frozenset()
    hidden_columns: AbstractSet[int] = frozenset()

    def first_rows(self) -> list[Row]:
        """The rows that may contain the headings."""
        return list(islice(self.rows(), _ROWS_ABOVE))
