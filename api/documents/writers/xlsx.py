"""A document as a workbook: real numbers, frozen headers, native charts, and no text that becomes a formula or link."""

import io
import math
import re
import textwrap
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any, Final

import xlsxwriter

from api.documents.document import Cell, Chart, Document, Kind, Section, Table, Tone
from api.documents.writers.printable import not_markup, printable

SHEETS: Final = {
    "summary": "Summary",
    "themes": "Themes",
    "changes": "Changes",
    "breakdowns": "Breakdowns",
    "definitions": "Definitions",
}
FILLS: Final = {Tone.GOOD: "#DCF1E7", Tone.UNSURE: "#ECE4F1", Tone.BAD: "#FBE3E0", Tone.FEW: "#F1F2F3"}
FIGURES: Final = {Kind.COUNT, Kind.PERCENT, Kind.POINTS, Kind.DECIMAL}
# Text is narrower than the paper: where a spreadsheet program lacks the font, its columns are a quarter wider.
NARROWEST, WIDEST, WIDEST_FIRST, WIDEST_TEXT = 12, 24, 46, 76
ROW_PIXELS, ROW_POINTS = 20, 15
# More columns than this are printed across the page.
WIDE_COLUMNS: Final = 6
# The part of a page under which it is nearly empty.
NEARLY_EMPTY: Final = 0.3
# More lines than this above a table would leave no room for its rows on a small screen, were they frozen.
MOST_FROZEN: Final = 12
LONGEST_TEXT: Final = 32_767  # what one cell may hold; longer text would be left out without a word


def write_xlsx(document: Document) -> bytes:
    """Write one sheet for each different `Section.sheet`, in order of first use."""
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
        for place, (name, of_sheet) in enumerate(sections.items()):
            facts = document.facts if place == 0 else ()
            _Sheet(book, SHEETS.get(name, name.capitalize()), document, formats, facts).write(of_sheet)
    return out.getvalue()


def _in_cell(words: str) -> str:
    held = not_markup(printable(words))
    return held if len(held) <= LONGEST_TEXT else f"{held[: LONGEST_TEXT - 1]}…"


def _lines(words: str, width: float) -> int:
    """How many lines the text takes at this column width; needed to set row heights."""
    return sum(len(textwrap.wrap(line, max(4, int(width)))) or 1 for line in words.splitlines()) or 1


def _in_header(marking: str) -> str:
    """Small words for the printed page's head or foot, which holds 255 characters and reads "&" as a command."""
    words = "".join(character.replace("&", "&&") for character in printable(marking)[:120])
    # A digit would be read as part of the size.
    return f"&8 {words}" if words[:1].isdigit() else f"&8{words}"


def _name(words: str) -> str:
    """A title or name in a chart. XlsxWriter takes "Sheet!A1" for a reference to cells, and "Sheet! A1" for words."""
    return re.sub(r"!(?=\S)", "! ", printable(words))


def _number_format(cell: Cell) -> str:
    """The format in which Excel shows the cell's number as its text is."""
    signed = cell.text.startswith(("+", "-"))
    if cell.is_of_few:
        counted, _, alone = cell.text.removesuffix(")").partition(" (")
        # What is counted is of the format, so that the cell stays a number.
        return f'"{counted} ("{_number_format(replace(cell, text=alone))}")"'
    if cell.kind is Kind.PERCENT:
        return "0." + "0" * (len(cell.text.partition(".")[2]) - 1) + "%" if "." in cell.text else "0%"
    if cell.kind is Kind.POINTS:
        return "+0.0;-0.0;+0.0" if signed else "0.0"
    if cell.kind is Kind.DECIMAL:
        return "+0.00;-0.00;+0.00" if signed else "0.00"
    return "#,##0"


class Formats:
    """Cell formats, each created once in a workbook."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def look(self, **wanted: Any) -> Any:
        key = tuple(sorted(wanted.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({"font_name": "Arial", "font_size": 11, "valign": "top", **wanted})
        return self._made[key]

    def of(self, cell: Cell, *, numeric: bool, mark: str = "", as_text: bool = False) -> Any:
        wanted: dict[str, Any] = {"border": 1, "border_color": "#B1B4B6"}
        if cell.tone is not Tone.NONE:
            wanted["bg_color"] = FILLS[cell.tone]
        if cell.kind in FIGURES and not as_text:
            # The mark is in the number format, so that the cell stays a number.
            wanted["num_format"] = (f'"{mark}" ' if mark else "") + _number_format(cell)
        elif mark:
            wanted["num_format"] = f'"{mark}" @'
        if cell.kind is Kind.HIDDEN:
            wanted["align"] = "center"
        elif numeric:
            wanted["align"] = "right"
        else:
            wanted["text_wrap"], wanted["indent"] = True, 1
        return self.look(**wanted)


@dataclass
class _Sheet:
    """One sheet, written from the top down."""

    book: Any
    name: str
    document: Document
    formats: Formats
    # What the first sheet says of where the document comes from.
    facts: Sequence[tuple[str, str]] = ()
    row: int = 0
    lines: int = 0
    has_target: bool = False

    def write(self, sections: list[Section]) -> None:
        self.sheet = self.book.add_worksheet(self.name)
        tables = [section.table for section in sections if section.table is not None]
        self.sheet.set_paper(9)  # A4
        across = max((len(table.columns) for table in tables), default=0) > WIDE_COLUMNS
        if across:
            self.sheet.set_landscape()
        self.sheet.set_margins(left=0.5, right=0.5)
        self.sheet.set_header(f"&L{_in_header(self.document.marking)}", {"scale_with_doc": False})
        footer = f"&L{_in_header(self.document.title)}&R&8Page &P of &N"
        self.sheet.set_footer(footer, {"scale_with_doc": False})
        self.widths = _widths(tables)
        for place, width in enumerate(self.widths):
            self.sheet.set_column(place, place, width)
        self._text(self.document.title, bold=True, font_size=14)
        self._text(self.document.subtitle)
        self._text(self.document.marking, italic=True)
        for name, words in self.facts:
            self._text(f"{name}: {words}")
        head = self.row
        for section in sections:
            self._next_row()
            self._text(section.heading, bold=True, font_size=12)
            for text in (*section.paragraphs, *section.points):
                self._text(text)
            if section.table is None:
                continue
            self._text(section.table.caption, italic=True)
            if section.table.legend:
                self._text(section.table.legend)
            if len(tables) == 1:
                self.sheet.repeat_rows(self.row)
                head = self.row + 1 if self.lines < MOST_FROZEN else head
            first = self.row + 1
            drawn = section.table.place_of(section.chart.column) if section.chart is not None else None
            self._table(section.table, drawn)
            if section.chart is not None and section.table.rows:
                self._chart(section.chart, section.table, first)
        self.sheet.freeze_panes(head, 1 if tables else 0)
        self.sheet.fit_to_pages(1, self._pages(across=across))

    def _pages(self, *, across: bool) -> int:
        """On how many pages to print: one fewer than it takes, and a little smaller, if the last were nearly empty."""
        page_width, page_height = (1026, 487) if across else (698, 733)  # pixels and points of A4 between its margins
        columns = [*self.widths, *([9, 9] if self.has_target else [])]
        width = max(sum(7 * each + 5 for each in columns), 7 * WIDEST_TEXT)
        pages = ROW_POINTS * self.lines * min(1, page_width / width) / page_height
        return max(1, math.ceil(pages - NEARLY_EMPTY))

    def _next_row(self, lines: int = 1) -> None:
        if lines > 1:
            self.sheet.set_row(self.row, ROW_POINTS * lines)
        self.row += 1
        self.lines += lines

    def _text(self, text: str, **look: Any) -> None:
        """Write text across the columns, wrapped so that all of it shows on screen and on paper."""
        words, last, width = _in_cell(text), 0, float(self.widths[0])
        while width < WIDEST_TEXT:
            last += 1
            width += self.widths[last] if last < len(self.widths) else 9
        lines = _lines(words, width)
        if lines == 1:
            self.sheet.write_string(self.row, 0, words, self.formats.look(**look))
        else:
            wrapped = self.formats.look(text_wrap=True, **look)
            if last:
                self.sheet.merge_range(self.row, 0, self.row, last, "", wrapped)
            self.sheet.write_string(self.row, 0, words, wrapped)
        self._next_row(lines)

    def _table(self, table: Table, drawn: int | None) -> None:
        places = range(len(table.columns))
        for place, column in enumerate(table.columns):
            align: dict[str, Any] = {"align": "right"} if column.numeric else {"align": "left", "indent": 1}
            head = self.formats.look(bold=True, bottom=2, text_wrap=True, **align)
            self.sheet.write_string(self.row, place, _in_cell(column.label), head)
        # Bold words are wider.
        self._next_row(max(_lines(table.columns[place].label, 0.85 * self.widths[place]) for place in places))
        for row in table.rows:
            for place, cell in enumerate(row):
                # A number shown as "7 of 9" needs its own format, and workbooks hold few: only a chart's are numbers.
                as_text = cell.is_of_few and place != drawn
                numeric, mark = table.columns[place].numeric, table.mark_of(cell)
                self._cell(place, cell, numeric=numeric, mark=mark, as_text=as_text)
            self._next_row(max(_lines(row[place].text, self.widths[place]) for place in places))

    def _cell(self, place: int, cell: Cell, *, numeric: bool, mark: str, as_text: bool) -> None:
        look = self.formats.of(cell, numeric=numeric, mark=mark, as_text=as_text)
        if cell.number is not None and cell.kind in FIGURES and not as_text:
            self.sheet.write_number(self.row, place, cell.number, look)
        elif cell.text:
            self.sheet.write_string(self.row, place, _in_cell(cell.text), look)
        else:
            self.sheet.write_blank(self.row, place, None, look)

    def _chart(self, chart: Chart, table: Table, first: int) -> None:
        """Draw the column as bars in table order, each over a pale bar that ends at the target."""
        last, drawn = first + len(table.rows) - 1, table.place_of(chart.column)
        made = self.book.add_chart({"type": "bar"})
        if chart.target is not None:
            place, self.has_target = len(table.columns) + 1, True
            self._target(chart.target, first, last, place)
            made.add_series(
                {
                    "name": f"Target {100 * chart.target:g}%",
                    "categories": [self.name, first, 0, last, 0],
                    "values": [self.name, first, place, last, place],
                    "fill": {"color": "#E5E6E7"},
                    "border": {"color": "#0B0C0C", "width": 0.75},
                }
            )
        made.add_series(
            {
                "name": _name(chart.column),
                "categories": [self.name, first, 0, last, 0],
                "values": [self.name, first, drawn, last, drawn],
                "fill": {"color": "#12344D"},
                "gap": 50,
                "overlap": 100,
                "data_labels": {"value": True, "num_format": "0%", "custom": _labels(table, drawn)},
            }
        )
        made.set_title({"name": _name(chart.title), "name_font": {"size": 11}, "overlay": False})
        made.set_y_axis({"reverse": True, "num_font": {"size": 9}})
        gridlines: dict[str, Any] = {"visible": True, "line": {"color": "#CECECE"}}
        made.set_x_axis({"min": 0, "max": 1, "num_format": "0%", "major_gridlines": gridlines})
        made.set_legend({"position": "bottom"})
        height = 22 * len(table.rows) + 140
        made.set_size({"width": 900, "height": height})
        self.row += 1
        options = {"description": printable(chart.description)[:2000], "object_position": 2}
        self.sheet.insert_chart(self.row, 0, made, options)
        self.row += height // ROW_PIXELS + 2
        self.lines += height // ROW_PIXELS + 3

    def _target(self, target: float, first: int, last: int, place: int) -> None:
        """Write the target beside every row, since Excel charts draw only cell values."""
        self.sheet.write_string(first - 1, place, "Target", self.formats.look(bold=True, bottom=2, align="right"))
        look = self.formats.look(num_format="0%" if (100 * target).is_integer() else "0.0%", font_color="#484949")
        for row in range(first, last + 1):
            self.sheet.write_number(row, place, target, look)


def _widths(tables: list[Table]) -> list[int]:
    """The width of each column, wide enough for all tables of the sheet."""
    if not tables:
        return [WIDEST_TEXT]
    widest = [0] * max(len(table.columns) for table in tables)
    for table in tables:
        for place, column in enumerate(table.columns):
            cells = max((len(row[place].text) for row in table.rows), default=0)
            widest[place] = max(widest[place], min(len(column.label), 16), cells)
    return [min(WIDEST if place else WIDEST_FIRST, max(NARROWEST, width + 2)) for place, width in enumerate(widest)]


def _labels(table: Table, column: int) -> list[dict[str, Any] | None]:
    """The label of each bar; a hidden figure is labelled with its text, so that it is not taken for 0."""
    labels: list[dict[str, Any] | None] = []
    for row in table.rows:
        cell = row[column]
        if cell.number is not None:
            # A label has no decimals of its own. Of few cases it says how many, as the cell does.
            labels.append({"value": cell.text} if cell.is_of_few or "." in cell.text else None)
        else:
            labels.append({"value": _name(cell.text)} if cell.text else {"delete": True})
    return labels
