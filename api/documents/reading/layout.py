"""The layout of a sheet of a workbook: hidden rows and columns, and merged cells."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from api.documents.reading.refusals import UnreadableError
from api.documents.reading.sheets import Cell, Row

_TAG: Final = re.compile(rb"<(?:[A-Za-z_]{1,20}:)?(row|col|mergeCell)\s([^<>]{1,400})>")
_ATTRIBUTE: Final = re.compile(rb"(\w+)\s*=\s*[\"']([^\"']{0,40})[\"']")
_RANGE: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7}):[A-Z]{1,3}([0-9]{1,7})")
# Longer than any of these tags, so that none is missed between two chunks.
_OVERLAP: Final = 512
_MOST_COLUMNS: Final = 16_384
_MOST_MERGED: Final = 50_000


@dataclass(slots=True)
class Layout:
    """The hidden rows by number, the hidden columns from 0, and the merged cells.

    `merged` has, by its first row, the last row and the column of each range of more than one row.
    """

    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    def fill_down(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows, in which each row of a merged range has the value of its first."""
        carried: dict[int, tuple[int, Cell]] = {}
        for number, cells in rows:
            carried = {column: held for column, held in carried.items() if held[0] >= number}
            for column, (_, value) in carried.items():
                cells.extend([""] * (column + 1 - len(cells)))
                cells[column] = cells[column] or value
            for last, column in self.merged.get(number, ()):
                if column < len(cells):
                    carried[column] = last, cells[column]
            yield number, cells


def layout_of(chunks: Iterable[bytes]) -> Layout:
    """The layout of a sheet from its XML, without parsing it. Raises UnreadableError for too many merged cells."""
    layout, before = Layout(), b""
    for chunk in chunks:
        window = before + chunk
        # Most of a long sheet says nothing of its layout.
        if b"hidden" in window or b"mergeCell" in window:
            for kind, text in _TAG.findall(window):
                _note(
                    layout, kind, {name: value.decode("ascii", "replace") for name, value in _ATTRIBUTE.findall(text)}
                )
        before = window[-_OVERLAP:]
    return layout


def _note(layout: Layout, kind: bytes, attributes: Mapping[bytes, str]) -> None:
    if kind == b"mergeCell":
        _note_merged(layout, attributes.get(b"ref", ""))
    elif attributes.get(b"hidden") in {"1", "true"}:
        if kind == b"row":
            layout.hidden_rows.add(_whole(attributes.get(b"r", "")))
        else:
            first, last = _whole(attributes.get(b"min", "")), _whole(attributes.get(b"max", ""))
            layout.hidden_columns.update(range(max(first - 1, 0), min(last, _MOST_COLUMNS)))


def _note_merged(layout: Layout, reference: str) -> None:
    found = _RANGE.fullmatch(reference)
    if found is None or int(found[3]) <= int(found[2]):
        return
    of_row = layout.merged.setdefault(int(found[2]), [])
    # A tag on the edge of two chunks is seen twice.
    if (merged := (int(found[3]), _column(found[1]))) not in of_row:
        of_row.append(merged)
    if len(layout.merged) > _MOST_MERGED or len(of_row) > _MOST_COLUMNS:
        raise UnreadableError(f"A sheet has more than {_MOST_MERGED:,} merged cells. Unmerge them, then save it.")


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _column(letters: str) -> int:
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return column - 1
