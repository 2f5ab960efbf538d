"""What every workbook that people fill in has: texts that stay texts, headings, drop-downs, notes."""

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

import xlsxwriter
import xlsxwriter.xmlwriter
from xlsxwriter.utility import xl_col_to_name

from api.documents.writers.printable import not_markup, printable
from api.foundation.local_time import local_date
from models import now

# The library writes "_x0041_" so that it is not read as "A", but not where two of these share an underscore.
xlsxwriter.xmlwriter.re_control_chars_1 = re.compile("(_(?=x[0-9a-fA-F]{4}_))")
_FONT: Final = {"font_name": "Arial", "font_size": 11, "valign": "top"}
_BORDER: Final = {"border": 1, "border_color": "#B1B4B6"}


@dataclass(slots=True)
class FormWorkbook:
    """A workbook that is being written, with its looks."""

    book: Any
    heading: Any
    note: Any
    text: Any
    number: Any
    day: Any
    title: Any
    plain: Any
    # What a person reads and does not change, on a protected sheet.
    given: Any
    given_bold: Any

    def sheet(self, name: str) -> Any:
        """A new sheet, printed on A4 across the page, as wide as the page."""
        made = self.book.add_worksheet(name)
        made.set_paper(9)
        made.set_landscape()
        made.fit_to_pages(1, 0)
        return made

    def write(self, sheet: Any, row: int, place: int, value: str | int | date, look: Any = None) -> None:
        """A value as what it is: no text becomes a formula, a number or a link."""
        if isinstance(value, date):
            sheet.write_datetime(row, place, datetime.combine(value, time()), look or self.day)
        elif isinstance(value, int):
            sheet.write_number(row, place, value, look or self.number)
        elif value:
            sheet.write_string(row, place, not_markup(value), look or self.text)
        elif look is not None:
            sheet.write_blank(row, place, None, look)

    def read_me(self, name: str, title: str, lines: Sequence[str]) -> None:
        """A sheet that says how to fill in the workbook."""
        made = self.sheet(name)
        made.set_column(0, 0, 100)
        made.write_string(0, 0, not_markup(title), self.title)
        for row, line in enumerate(lines, start=1):
            made.write_string(row, 0, not_markup(line), self.plain)


class OfferedLists:
    """The hidden sheet of what drop-downs offer: each list once, in a column of its own."""

    def __init__(self, book: FormWorkbook, name: str) -> None:
        self._book, self._name = book, name
        self._places: dict[tuple[str, ...], int] = {}

    def source(self, labels: tuple[str, ...]) -> str:
        """The cells of a list, for `offer`."""
        place = self._places.setdefault(labels, len(self._places))
        return cells_of(self._name, place, 1, len(labels))

    def write(self) -> None:
        """Write the sheet, when every list is known."""
        made = self._book.sheet(self._name)
        for labels, place in self._places.items():
            for row, label in enumerate(labels):
                self._book.write(made, row, place, label)
        made.hide()


def cells_of(sheet: str, place: int, first: int, last: int) -> str:
    """A formula that names the rows from first to last of a column, which is counted from 0."""
    letters = xl_col_to_name(place)
    return f"='{sheet}'!${letters}${first}:${letters}${last}"


@contextmanager
def form_workbook(title: str) -> Iterator[tuple[FormWorkbook, io.BytesIO]]:
    """A workbook to be written, and the file that holds it when the block has ended."""
    out = io.BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(out, plain) as book:
        made_on = datetime.combine(local_date(now()), time())
        book.set_properties({"title": printable(title)[:255], "created": made_on})

        def look(**wanted: Any) -> Any:
            return book.add_format({**_FONT, **wanted})

        yield (
            FormWorkbook(
                book,
                heading=look(bold=True, bg_color="#E8EDF1", text_wrap=True, **_BORDER),
                note=look(italic=True, font_color="#484949", text_wrap=True, **_BORDER),
                text=look(num_format="@", text_wrap=True, locked=False, **_BORDER),
                number=look(num_format="0", locked=False, **_BORDER),
                day=look(num_format="d mmmm yyyy", align="left", locked=False, **_BORDER),
                title=look(bold=True, font_size=14),
                plain=look(text_wrap=True),
                given=look(text_wrap=True, **_BORDER),
                given_bold=look(text_wrap=True, bold=True, **_BORDER),
            ),
            out,
        )


def offer(sheet: Any, rows: tuple[int, int], place: int, source: str) -> None:
    """A drop-down of the cells that `source` names, on the rows of a column."""
    sheet.data_validation(
        rows[0],
        place,
        rows[1],
        place,
        {
            "validate": "list",
            "source": source,
            "error_title": "Not in the list",
            "error_message": "Select one of the list, or clear the cell.",
        },
    )
