"""A template as a workbook, or an empty one, with notes and drop-downs."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.audit_templates.workbooks import layout as sheets
from api.audit_templates.workbooks.columns import Column, Holds
from api.audit_templates.workbooks.layout import BY_SHEET, TABLES, Table, rows_of_whole
from api.audit_templates.workbooks.rows import Shown, rows_of, whole_of
from api.documents.writers.form_workbook import FormWorkbook, OfferedLists, cells_of, form_workbook, offer
from checklists.templates.template import Template

# How many empty rows below the filled ones have drop-downs.
SPARE_ROWS: Final = 300
_READ_ME: Final = (
    "Fill in the sheets, then upload the workbook under Templates. You see what it would make before it is made.",
    "The sheet Template is about the whole. Every other sheet is a list, with a row for each entry, in order.",
    "A key names a part for the service, such as voice-of-the-child. Auditors never see it. Other sheets refer to it.",
    "Start with Ratings, Learning domains, Themes and Prompts. All other sheets may stay empty.",
    "Row 2 of each list says what each column holds. Entries start in row 3.",
    "Cells with a list show it when you select them. In cells with several keys, put a comma between two.",
    "Do not rename sheets or headings. You may move columns. Formulas are refused.",
)


def write_template_workbook(template: Template | None = None) -> bytes:
    """The workbook of a template; without one, an empty workbook to fill in."""
    title = template.title if template is not None else "Empty template"
    with form_workbook(title) as (book, out):
        book.read_me(sheets.READ_ME, f"Template: {title}", _READ_ME)
        lists = OfferedLists(book, sheets.LISTS)
        _write_whole(book, lists, None if template is None else whole_of(template))
        rows: Mapping[str, Sequence[Sequence[Shown]]] = {} if template is None else rows_of(template)
        for table in TABLES:
            _write_table(book, lists, table, rows.get(table.sheet, ()))
        lists.write()
    return out.getvalue()


def _source_of(lists: OfferedLists, column: Column) -> str:
    """The cells that the drop-down of a column offers; "" for a column without one."""
    if column.among is not None:
        sheet, heading = column.among
        headings = [each.heading for each in BY_SHEET[sheet].columns]
        return cells_of(sheet, headings.index(heading), 3, 3 + SPARE_ROWS)
    return lists.source(tuple(column.choices)) if column.holds is Holds.CHOICE else ""


def _write_whole(book: FormWorkbook, lists: OfferedLists, values: Sequence[Shown] | None) -> None:
    sheet = book.sheet(sheets.WHOLE)
    for place, (heading, width) in enumerate((("Entry", 44), ("Value", 60), ("Note", 60))):
        sheet.set_column(place, place, width)
        book.write(sheet, 0, place, heading, book.heading)
    for row, (_, column) in enumerate(rows_of_whole(), start=1):
        book.write(sheet, row, 0, column.heading, book.heading)
        book.write(sheet, row, 2, column.note, book.note)
        given: Shown = values[row - 1] if values is not None else ("Format 2" if column.entry == "format" else "")
        sheet.write_blank(row, 1, None, book.text)
        book.write(sheet, row, 1, given)
        _offer(lists, sheet, (row, row), 1, column)
    sheet.freeze_panes(1, 1)


def _write_table(book: FormWorkbook, lists: OfferedLists, table: Table, rows: Sequence[Sequence[Shown]]) -> None:
    sheet = book.sheet(table.sheet)
    last = 1 + max(len(rows), 1) + SPARE_ROWS
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, column.width, _look(book, column))
        book.write(sheet, 0, place, column.heading, book.heading)
        book.write(sheet, 1, place, column.note, book.note)
        _offer(lists, sheet, (2, last), place, column)
    for row, cells in enumerate(rows, start=2):
        for place, cell in enumerate(cells):
            book.write(sheet, row, place, cell)
    sheet.freeze_panes(2, 0)
    sheet.repeat_rows(0)


def _look(book: FormWorkbook, column: Column) -> Any:
    return {Holds.NUMBER: book.number, Holds.DAY: book.day}.get(column.holds, book.text)


def _offer(lists: OfferedLists, sheet: Any, rows: tuple[int, int], place: int, column: Column) -> None:
    source = _source_of(lists, column)
    if source:
        offer(sheet, rows, place, source)
