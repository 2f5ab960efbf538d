"""A document as a workbook: real numbers, frozen headers, native charts, and no text that becomes a formula or link."""

import io
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Final

import xlsxwriter

from api.reports.document import Cell, Chart, Document, Kind, Section, Table, Tone
from api.reports.writers.printable import printable

SHEETS: Final = {
    "summary": "Summary",
    "themes": "Themes",
    "changes": "Changes",
    "breakdowns": "Breakdowns",
    "definitions": "Definitions",
}
FILLS: Final = {Tone.GOOD: "#DCF1E7", Tone.UNSURE: "#ECE4F1", Tone.BAD: "#FBE3E0", Tone.FEW: "#F1F2F3"}
WIDEST, WIDEST_FIRST = 24, 46
ROW_PIXELS: Final = 20


def write_xlsx(document: Document) -> bytes:
    """A sheet for each of `Section.sheet`, in the order in which they first come."""
    out = io.BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(out, plain) as book:
        book.set_properties(
            {
                "title": printable(document.title)[:255],
                "comments": printable(document.marking)[:255],
                "created": datetime.combine(document.made_on, time()),
            }
        )
        sections: dict[str, list[Section]] = defaultdict(list)
        for section in document.sections:
            sections[section.sheet].append(section)
        formats = Formats(book)
        for name, of_sheet in sections.items():
            _Sheet(book, SHEETS.get(name, name.capitalize()), document, formats).write(of_sheet)
    return out.getvalue()


def _name(words: str) -> str:
    """A title or name in a chart. XlsxWriter takes "Sheet!A1" for a reference to cells, and "Sheet! A1" for words."""
    return re.sub(r"!(?=\S)", "! ", printable(words))


class Formats:
    """The looks of cells, each made once in a workbook."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def look(self, **wanted: Any) -> Any:
        key = tuple(sorted(wanted.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({"font_name": "Arial", "font_size": 11, "valign": "top", **wanted})
        return self._made[key]

    def of(self, cell: Cell, *, numeric: bool) -> Any:
        wanted: dict[str, Any] = {"border": 1, "border_color": "#B1B4B6"}
        if cell.tone is not Tone.NONE:
            wanted["bg_color"] = FILLS[cell.tone]
        if cell.kind is Kind.PERCENT:
            wanted["num_format"] = (
                "0." + "0" * (len(cell.text.partition(".")[2]) - 1) + "%" if "." in cell.text else "0%"
            )
        elif cell.kind is Kind.POINTS:
            wanted["num_format"] = "+0.0;-0.0;+0.0" if cell.text.startswith(("+", "-")) else "0.0"
        elif cell.kind is Kind.COUNT:
            wanted["num_format"] = "#,##0"
        if numeric:
            wanted["align"] = "right"
        else:
            wanted["text_wrap"] = True
        return self.look(**wanted)


@dataclass
class _Sheet:
    """One sheet, written from the top down."""

    book: Any
    name: str
    document: Document
    formats: Formats
    row: int = 0

    def write(self, sections: list[Section]) -> None:
        self.sheet = self.book.add_worksheet(self.name)
        self.sheet.set_landscape()
        self.sheet.set_paper(9)  # A4
        self.sheet.fit_to_pages(1, 0)
        marking = printable(self.document.marking).replace("&", "&&")
        self.sheet.set_header(f"&L{marking[:240]}", {"scale_with_doc": False})
        self._text(self.document.title, bold=True, font_size=14)
        self._text(self.document.subtitle)
        self._text(self.document.marking, italic=True)
        widths = [0] * max((len(section.table.columns) for section in sections if section.table), default=1)
        frozen = False
        for section in sections:
            self.row += 1
            self._text(section.heading, bold=True, font_size=12)
            for text in (*section.paragraphs, *section.points):
                self._text(text)
            if section.table is None:
                continue
            self._text(section.table.caption, italic=True)
            if not frozen:
                frozen = True
                self.sheet.freeze_panes(self.row + 1 if len([each for each in sections if each.table]) == 1 else 3, 1)
            first = self.row + 1
            self._table(section.table, widths)
            if section.chart is not None:
                self._chart(section.chart, section.table, first)
        for place, width in enumerate(widths):
            self.sheet.set_column(place, place, min(WIDEST if place else WIDEST_FIRST, max(12, width + 2)))
        if not any(widths):
            self.sheet.set_column(0, 0, 120)

    def _text(self, text: str, **look: Any) -> None:
        self.sheet.write_string(self.row, 0, printable(text), self.formats.look(**look))
        self.row += 1

    def _table(self, table: Table, widths: list[int]) -> None:
        head = self.formats.look(bold=True, bottom=2, text_wrap=True)
        for place, column in enumerate(table.columns):
            self.sheet.write_string(self.row, place, printable(column.label), head)
            widths[place] = max(widths[place], min(len(column.label), 16))
        for row in table.rows:
            self.row += 1
            for place, cell in enumerate(row):
                self._cell(place, cell, numeric=table.columns[place].numeric)
                widths[place] = max(widths[place], len(cell.text))
        self.row += 1

    def _cell(self, place: int, cell: Cell, *, numeric: bool) -> None:
        look = self.formats.of(cell, numeric=numeric)
        if cell.number is not None and cell.kind in {Kind.COUNT, Kind.PERCENT, Kind.POINTS}:
            self.sheet.write_number(self.row, place, cell.number, look)
        elif cell.text:
            self.sheet.write_string(self.row, place, printable(cell.text), look)
        else:
            self.sheet.write_blank(self.row, place, None, look)

    def _chart(self, chart: Chart, table: Table, first: int) -> None:
        """The column as bars, the widest gap on top as in the table, with the target as a line of its own."""
        last = first + len(table.rows) - 1
        made = self.book.add_chart({"type": "bar"})
        made.add_series(
            {
                "name": _name(table.columns[chart.column].label),
                "categories": [self.name, first, 0, last, 0],
                "values": [self.name, first, chart.column, last, chart.column],
                "fill": {"color": "#12344D"},
                "data_labels": {"value": True, "num_format": "0%"},
            }
        )
        title = chart.title if chart.target is None else f"{chart.title}: {chart.target:.0%}"
        made.set_title({"name": _name(title), "name_font": {"size": 11}})
        made.set_y_axis({"reverse": True, "num_font": {"size": 9}})
        gridlines: dict[str, Any] = {"visible": True, "line": {"color": "#CECECE"}}
        made.set_x_axis({"min": 0, "max": 1, "num_format": "0%", "major_gridlines": gridlines})
        made.set_legend({"none": True})
        height = 22 * len(table.rows) + 120
        made.set_size({"width": 900, "height": height})
        self.row += 1
        options = {"description": printable(chart.description)[:2000], "object_position": 2}
        self.sheet.insert_chart(self.row, 0, made, options)
        self.row += height // ROW_PIXELS + 2
