"""A document as CSV: its sections one after another, with no cell that a spreadsheet would run."""

import csv
import io
import re
from typing import Final

from api.documents.document import Cell, Document, Kind
from api.documents.writers.printable import plain_cell, printable

# A figure as the document writes it: with a sign, thousands, decimals, and the mark of a percentage.
_FIGURE: Final = re.compile(r"[+-]?[0-9][0-9,]*(\.[0-9]+)?%?")


def write_csv(document: Document) -> bytes:
    """UTF-8 with a byte order mark, so that Excel reads it right; lines end in CRLF (RFC 4180)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")

    def line(*texts: str) -> None:
        writer.writerow([plain_cell(printable(text)) for text in texts])

    line(document.title)
    line(document.subtitle)
    line(document.marking)
    for section in document.sections:
        writer.writerow([])
        line(section.heading)
        for text in (*section.paragraphs, *section.points):
            line(text)
        if section.table is not None:
            line(section.table.caption)
            line(*(column.label for column in section.table.columns))
            for row in section.table.rows:
                writer.writerow([_cell(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def _cell(cell: Cell) -> str:
    # A figure may begin with a sign: what the service worked out is no formula, and -3.1 must stay a number.
    if cell.kind in {Kind.COUNT, Kind.PERCENT, Kind.POINTS, Kind.DECIMAL} and _FIGURE.fullmatch(cell.text):
        return cell.text
    return str(plain_cell(printable(cell.text)))
