"""The tables and words of a document read back from each kind of file, and from a page."""

import csv
import io
import re
from typing import Any

import docx
import lxml.html
import openpyxl
import pypdf

from api.documents.document import Document, Section, Table
from api.documents.writers.printable import FORMULA_STARTS, printable

Cells = list[list[str]]


def cells_of(document: Document, *, marks: bool = False) -> list[Cells]:
    """The heads and rows of every table; as a person reads them, with the marks of a heat map."""
    return [
        [
            [column.label for column in table.columns],
            *(
                [f"{table.mark_of(cell) if marks else ''} {printable(cell.text)}".strip() for cell in row]
                for row in table.rows
            ),
        ]
        for table in document.tables
    ]


def from_csv(content: bytes, document: Document) -> list[Cells]:
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    found = []
    place = 0
    for table in document.tables:
        head = [column.label for column in table.columns]
        place = next(number for number in range(place, len(lines)) if lines[number] == head)
        found.append([[_bare(cell) for cell in line] for line in lines[place : place + len(table.rows) + 1]])
        place += len(table.rows) + 1
    return found


def _bare(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].lstrip(" ").startswith(FORMULA_STARTS) else cell


def from_xlsx(content: bytes, document: Document) -> list[Cells]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    rows = {sheet.title: list(sheet.iter_rows()) for sheet in book.worksheets}
    places = dict.fromkeys(rows, 0)
    return [
        _from_sheet(rows, places, section, section.table) for section in document.sections if section.table is not None
    ]


def _from_sheet(rows: dict[str, list[Any]], places: dict[str, int], section: Section, table: Table) -> Cells:
    sheet = section.sheet.capitalize()
    head = [column.label for column in table.columns]
    wide = len(head)
    place = next(
        number
        for number in range(places[sheet], len(rows[sheet]))
        if [cell.value for cell in rows[sheet][number][:wide]] == head
    )
    places[sheet] = place + len(table.rows) + 1
    return [[_shown(cell) for cell in row[:wide]] for row in rows[sheet][place : places[sheet]]]


def _shown(cell: Any) -> str:
    """A cell as Excel shows it, by its number format."""
    value, look = cell.value, cell.number_format
    quoted, shown = "", look
    if look.startswith('"'):
        _, quoted, shown = look.split('"', 2)
        if quoted.endswith("("):
            # "7 of 9 (" before the number, and ")" after it.
            return f"{quoted}{_as_formatted(value, shown.split(chr(34))[0].strip())})"
    return f"{quoted} {_as_formatted(value, shown.strip())}".strip()


def _as_formatted(value: Any, look: str) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    digits = len(look.partition(";")[0].rstrip("%").partition(".")[2])
    if look.endswith("%"):
        return f"{value * 100:.{digits}f}%"
    if look.startswith("+"):
        return f"{value:+.{digits}f}"
    return f"{value:.{digits}f}" if digits else f"{value:,}"


def from_docx(content: bytes, _: Document) -> list[Cells]:
    read = docx.Document(io.BytesIO(content))
    return [[[cell.text for cell in row.cells] for row in table.rows] for table in read.tables]


def from_page(text: str) -> dict[str, Cells]:
    """The tables of a page by their captions; what only those hear who do not see it is left out."""
    page = lxml.html.fromstring(text)
    for hidden in page.xpath("//*[contains(@class, 'govuk-visually-hidden') or contains(@class, 'app-legend')]"):
        hidden.drop_tree()
    return {
        _text(table.xpath("./caption")[0]): [_cells(row) for row in table.iter("tr")]
        for table in page.iter("table")
        if table.xpath("./caption")
    }


def _cells(row: Any) -> list[str]:
    return [_text(cell) for cell in row.xpath("./th|./td")]


def _text(element: Any) -> str:
    return " ".join(element.text_content().split())


def squeezed(words: str) -> str:
    return re.sub(r"\s+", "", words)


def text_of_pdf(content: bytes) -> str:
    return squeezed("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages))
