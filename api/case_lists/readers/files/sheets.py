"""A table as it stands in an export: a sheet of a workbook, or a file of separated values."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Final

# A number stands as the text that the file holds, so that no digit of an identifier is lost.
Cell = str | date
# Its number as people see it, and its cells.
Row = tuple[int, list[Cell]]
# Titles may stand above the headings, and never more than these.
_ROWS_ABOVE: Final = 10


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table by its name; `rows` goes through it from the top, as often as asked."""

    name: str
    rows: Callable[[], Iterator[Row]]

    def first_rows(self) -> list[Row]:
        """The rows among which the headings stand."""
        return list(islice(self.rows(), _ROWS_ABOVE))
