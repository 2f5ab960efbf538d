"""CSV: lines of cells, a table alone, or a document, with no cell that a spreadsheet would run.

The only writer of CSV: every text is in quotes, and none of it becomes a formula, whatever separator is read.
"""

import csv
import io
import re
from collections.abc import Iterable
from typing import Final, TextIO

from api.documents.document import Cell, Document, Kind, Table
from api.documents.writers.printable import plain_cell, printable

# A figure as the document writes it: with a sign, thousands, decimals, and the mark of a percentage.
_FIGURE: Final = re.compile(r"[+-]?[0-9][0-9,]*(\.[0-9]+)?%?")

Value = str | int | float | None


class CsvLines:
    """Writes lines to `out`, which was opened with `newline=""`; lines end in CRLF (RFC 4180)."""

    def __init__(self, out: TextIO, *, line_end: str = "\r\n") -> None:
        self._writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator=line_end)

    def write(self, cells: Iterable[Value]) -> None:
        """Write a line: numbers as they are, texts in quotes, and nothing for None."""
        self._writer.writerow(
            ["" if cell is None else _text(cell) if isinstance(cell, str) else cell for cell in cells]
        )


def write_csv(document: Document) -> bytes:
    """UTF-8 with a byte order mark, so that Excel reads it right; lines end in CRLF (RFC 4180)."""
    lines: list[list[Cell | str]] = [[text] for text in (document.title, document.subtitle, document.marking)]
    lines += [list(fact) for fact in document.facts]
    for section in document.sections:
        lines += [[], [section.heading]]
        lines += [[text] for text in (*section.paragraphs, *section.points)]
        if section.table is not None:
            lines += [[section.table.caption], *_lines(section.table)]
    return _written(lines).encode("utf-8-sig")


def write_table(table: Table) -> str:
    """One table alone, its headings first, for programs; lines end in CRLF."""
    return _written(_lines(table))


def _written(lines: Iterable[Iterable[Cell | str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([[_cell(each) if isinstance(each, Cell) else _text(each) for each in line] for line in lines])
    return out.getvalue()


def _lines(table: Table) -> list[list[Cell | str]]:
    head: list[Cell | str] = [column.label for column in table.columns]
    rows: list[list[Cell | str]] = [[*row] for row in table.rows]
    return [head, *rows]


def _cell(cell: Cell) -> str:
    # A figure may begin with a sign: what the service worked out is no formula, and -3.1 must stay a number.
    if cell.kind in {Kind.COUNT, Kind.PERCENT, Kind.POINTS, Kind.DECIMAL} and _FIGURE.fullmatch(cell.text):
        return cell.text
    return _text(cell.text)


def _text(text: str) -> str:
    return str(plain_cell(printable(text)))
