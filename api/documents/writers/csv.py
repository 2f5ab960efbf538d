"""CSV: a table alone, or a document, its sections one after another, with no cell that a spreadsheet would run."""

import csv
import io
import re
from typing import Final

from api.documents.document import Cell, Document, Kind, Table
from api.documents.writers.printable import plain_cell, printable

# A figure as the document writes it: with a sign, thousands, decimals, and the mark of a percentage.
_FIGURE: Final = re.compile(r"[+-]?[0-9][0-9,]*(\.[0-9]+)?%?")


def write_csv(document: Document) -> bytes:
    """UTF-8 with a byte order mark, so that Excel reads it right; lines end in CRLF (RFC 4180)."""
    lines = [[_text(text)] for text in (document.title, document.subtitle, document.marking)]
    for section in document.sections:
        lines += [[], [_text(section.heading)], *([_text(text)] for text in (*section.paragraphs, *section.points))]
        if section.table is not None:
            lines += [[_text(section.table.caption)], *_lines(section.table)]
    return _written(lines).encode("utf-8-sig")


def write_table(table: Table) -> str:
    """One table alone, its headings first, for programs; lines end in CRLF."""
    return _written(_lines(table))


def _written(lines: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(lines)
    return out.getvalue()


def _lines(table: Table) -> list[list[str]]:
    return [[_text(column.label) for column in table.columns], *([_cell(cell) for cell in row] for row in table.rows)]


def _cell(cell: Cell) -> str:
    # A figure may begin with a sign: what the service worked out is no formula, and -3.1 must stay a number.
    if cell.kind in {Kind.COUNT, Kind.PERCENT, Kind.POINTS, Kind.DECIMAL} and _FIGURE.fullmatch(cell.text):
        return cell.text
    return _text(cell.text)


def _text(text: str) -> str:
    return str(plain_cell(printable(text)))
