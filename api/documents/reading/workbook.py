"""Reading a workbook (.xlsx) as a stream of rows: values only, no formulas, nothing from outside the file."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Final

from api.documents.reading.archive import Archive
from api.documents.reading.layout import Layout, layout_of
from api.documents.reading.limits import LONGEST_CELL, MEGABYTE, MOST_COLUMNS, MOST_ROWS
from api.documents.reading.refusals import UnreadableError
from api.documents.reading.sheets import Cell, Formula, Row, Sheet
from api.documents.reading.xml_stream import stream_elements

_MOST_SHEETS: Final = 100
_MOST_STRINGS: Final = 1_000_000
_LONGEST_STRINGS: Final = 24 * MEGABYTE
_MOST_STYLES: Final = 70_000
_DAMAGED: Final = "The workbook is damaged. Open it in Excel, save it as .xlsx again and send that copy."
# Excel's built-in number formats that show a date (ECMA-376 part 1, 18.8.30).
_DATE_FORMATS: Final = {*range(14, 18), 22, *range(27, 37), *range(50, 59)}
_NO_DATE_LETTERS: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_DIGITS: Final = re.compile(r"-?[0-9]{16,}")
_LAST_DAY: Final = 2_958_465
TOO_MANY_ROWS_WORDS: Final = f"A sheet has more than {MOST_ROWS:,} rows with values. Export fewer months."
_LONGEST_TEXT_WORDS: Final = "A cell contains more text than a workbook allows. Export the file again."


@dataclass(slots=True)
class _Outline:
    """The elements of a small part, with their attributes."""

    most: int
    found: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    _inside: list[str] = field(default_factory=list)

    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        if len(self.found) > self.most:
            raise UnreadableError(
                "The workbook has more styles, sheets or links than can be read. Copy the list into a new workbook as "
                "values and send that."
            )
        within = f"{self._inside[-1]}/{name}" if self._inside else name
        self._inside.append(name)
        self.found.append((within, attributes))

    def closed(self, _name: str) -> None:
        self._inside.pop()

    def text(self, text: str) -> None:
        pass


class _Strings:
    """The shared strings that cells refer to."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._pieces: list[str] = []
        self._length = 0
        self._in_text = False
        self._in_reading_aid = 0

    def opened(self, name: str, _attributes: Mapping[str, str]) -> None:
        if name == "si":
            self._pieces = []
        elif name == "rPh":
            self._in_reading_aid += 1
        self._in_text = name == "t" and not self._in_reading_aid

    def closed(self, name: str) -> None:
        self._in_text = False
        if name == "rPh":
            self._in_reading_aid -= 1
        elif name == "si":
            text = "".join(self._pieces)
            if len(text) > LONGEST_CELL:
                raise UnreadableError(_LONGEST_TEXT_WORDS)
            self.found.append(_unescaped(text))
            if len(self.found) > _MOST_STRINGS:
                raise UnreadableError(
                    "The workbook contains too many text values. Export fewer months, or one list at a time."
                )

    def text(self, text: str) -> None:
        if self._in_text:
            self._length += len(text)
            if self._length > _LONGEST_STRINGS:
                raise UnreadableError(
                    "The workbook contains too much text. Export fewer months, or one list at a time."
                )
            self._pieces.append(text)


class _Rows:
    """The rows of a sheet, as they are parsed."""

    def __init__(self, strings: list[str], is_date: list[bool], epoch: date, uncomputed: str) -> None:
        self.ready: list[Row] = []
        self._uncomputed = uncomputed
        self._strings, self._is_date, self._epoch = strings, is_date, epoch
        self._seen = self._number = self._column = self._length = 0
        self._cells: list[Cell] = []
        self._type, self._style, self._pieces = "n", 0, list[str]()
        self._in_value = self._is_formula = False

    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "c":
            self._is_formula = False
            self._column = _column_of(attributes.get("r", ""), self._column)
            self._type, self._style = attributes.get("t", "n"), _whole(attributes.get("s", "0"))
            self._pieces, self._length = [], 0
        elif name in {"v", "t"}:
            self._in_value = True
        elif name == "row":
            self._number = _whole(attributes.get("r", "")) or self._number + 1
            self._cells, self._column = [], 0
        elif name == "f":
            self._is_formula = True

    def closed(self, name: str) -> None:
        if name in {"v", "t"}:
            self._in_value = False
        elif name == "c" and self._pieces:
            self._keep(self._value("".join(self._pieces)))
        elif name == "c" and self._is_formula and self._uncomputed:
            self._keep(self._uncomputed)
        elif name == "row" and any(self._cells):
            self._seen += 1
            if self._seen > MOST_ROWS:
                raise UnreadableError(TOO_MANY_ROWS_WORDS)
            self.ready.append((self._number, self._cells))

    def text(self, text: str) -> None:
        if self._in_value:
            self._length += len(text)
            if self._length > LONGEST_CELL:
                raise UnreadableError(_LONGEST_TEXT_WORDS)
            self._pieces.append(text)

    def _keep(self, cell: Cell) -> None:
        if self._is_formula:
            cell = Formula(cell)
        if self._column > MOST_COLUMNS:
            raise UnreadableError(f"A sheet has more than {MOST_COLUMNS} columns. Remove columns that are not needed.")
        cells = self._cells
        while len(cells) < self._column - 1:
            cells.append("")
        if len(cells) < self._column:
            cells.append(cell)
        else:
            cells[self._column - 1] = cell

    def _value(self, text: str) -> Cell:
        if self._type == "s":
            at = _whole(text)
            if at >= len(self._strings):
                raise UnreadableError(_DAMAGED)
            return self._strings[at]
        if self._type == "n":
            if self._style < len(self._is_date) and self._is_date[self._style]:
                return self._day(text)
            # Excel keeps fifteen digits: the digits after them are not what was typed.
            return f"{float(text):E}" if _DIGITS.fullmatch(text) else text
        return _unescaped(text) if self._type in {"inlineStr", "str"} else text

    def _day(self, text: str) -> Cell:
        try:
            serial = int(float(text))
        except (ValueError, OverflowError):
            return text
        # Before day 60 Excel counts a 29 February 1900 that never existed: no date that matters here.
        last = _LAST_DAY - (self._epoch - date(1899, 12, 30)).days
        return self._epoch + timedelta(days=serial) if 0 <= serial <= last else text


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _column_of(reference: str, before: int) -> int:
    """The column of a cell such as "AB12", from 1; the next one when the cell has no reference."""
    column = 0
    for character in reference[:4]:
        if not "A" <= character <= "Z":
            break
        column = column * 26 + ord(character) - 64
    return column or before + 1


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


class Workbook:
    """The sheets of a workbook, in order. Its archive must have been checked.

    `uncomputed`: what a formula without a value is read as; "" leaves its cell empty.
    """

    def __init__(self, archive: Archive, *, uncomputed: str = "") -> None:
        self._archive, self._uncomputed = archive, uncomputed
        main = self._targets("_rels/.rels", "").get("officeDocument", ["xl/workbook.xml"])[0]
        folder, file = posixpath.split(main)
        self._by_id = self._relations(f"{folder}/_rels/{file}.rels", folder)
        outline = self._outline(main)
        properties = next((it for name, it in outline if name.endswith("/workbookPr")), {})
        since_1904 = properties.get("date1904", "0") in {"1", "true", "on"}
        self._epoch = date(1904, 1, 1) if since_1904 else date(1899, 12, 30)
        self._named = [it for name, it in outline if name.endswith("sheets/sheet")]
        if not self._named:
            raise UnreadableError(_DAMAGED)
        if len(self._named) > _MOST_SHEETS:
            raise UnreadableError(
                f"The workbook has {len(self._named)} sheets; at most {_MOST_SHEETS} can be read. Copy the list into a "
                "workbook of its own."
            )
        self._is_date = self._date_styles()
        self._strings = self._shared_strings()

    def sheets(self) -> list[Sheet]:
        """Its sheets with cells. Each can be read more than once; raises UnreadableError while it is read."""
        found = []
        for attributes in self._named:
            identifier = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
            kind, target = self._by_id.get(identifier, ("", ""))
            if kind == "worksheet":
                layout = layout_of(self._archive.chunks(target))
                found.append(
                    Sheet(
                        attributes.get("name", "")[:80],
                        partial(self._rows, target, layout),
                        is_hidden=attributes.get("state", "visible") != "visible",
                        hidden_rows=layout.hidden_rows,
                        hidden_columns=layout.hidden_columns,
                    )
                )
        return found

    def _rows(self, part: str, layout: Layout) -> Iterator[Row]:
        rows = self._raw_rows(part)
        return layout.fill_down(rows) if layout.merged else rows

    def _raw_rows(self, part: str) -> Iterator[Row]:
        listener = _Rows(self._strings, self._is_date, self._epoch, self._uncomputed)
        for _ in stream_elements(self._archive.chunks(part), listener):
            yield from listener.ready
            listener.ready.clear()

    def _outline(self, part: str, most: int = 20_000) -> list[tuple[str, Mapping[str, str]]]:
        listener = _Outline(most)
        for _ in stream_elements(self._archive.chunks(part), listener):
            pass
        return listener.found

    def _relations(self, part: str, folder: str) -> dict[str, tuple[str, str]]:
        """The relations by their identifiers: their kind, and their part."""
        if part not in self._archive.names:
            raise UnreadableError(_DAMAGED)
        found = {}
        for _, it in self._outline(part):
            if "Target" in it and it.get("TargetMode") != "External":
                target = it["Target"]
                path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"{folder}/{target}")
                found[it.get("Id", "")] = (it.get("Type", "").rpartition("/")[2], path.lstrip("/"))
        return found

    def _targets(self, part: str, folder: str) -> dict[str, list[str]]:
        targets: dict[str, list[str]] = {}
        for kind, path in self._relations(part, folder).values():
            targets.setdefault(kind, []).append(path)
        return targets

    def _part(self, kind: str) -> str:
        return next((path for of, path in self._by_id.values() if of == kind), "")

    def _date_styles(self) -> list[bool]:
        part = self._part("styles")
        if part not in self._archive.names:
            return []
        outline = self._outline(part, _MOST_STYLES)
        dates = set(_DATE_FORMATS)
        for name, it in outline:
            if name == "numFmts/numFmt" and _shows_a_date(it.get("formatCode", "")):
                dates.add(_whole(it.get("numFmtId", "0")))
        return [_whole(it.get("numFmtId", "0")) in dates for name, it in outline if name == "cellXfs/xf"]

    def _shared_strings(self) -> list[str]:
        part = self._part("sharedStrings")
        if part not in self._archive.names:
            return []
        listener = _Strings()
        for _ in stream_elements(self._archive.chunks(part), listener):
            pass
        return listener.found


def _shows_a_date(code: str) -> bool:
    letters = _NO_DATE_LETTERS.sub("", code.partition(";")[0]).casefold()
    return "general" not in letters and any(letter in letters for letter in "dy")
