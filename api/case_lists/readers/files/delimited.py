"""Reading separated values (CSV) as a stream of rows, in one of three encodings."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Final

from api.documents.reading.limits import MOST_COLUMNS, MOST_ROWS
from api.documents.reading.refusals import UnreadableError
from api.documents.reading.sheets import Row, Sheet

_LOOK: Final = 64 * 1024
_DELIMITERS: Final = ",;\t|"
_LINES_COMPARED: Final = 100
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_NO_TABLE: Final = "The file is not a table. Export it as .xlsx or .csv."


def delimited_sheet(content: bytes, name: str) -> Sheet:
    """A table of separated values. Raises UnreadableError when it is not one, here or while it is read."""
    encoding = _encoding(content)
    try:
        first = content[:_LOOK].decode(encoding, errors="ignore")
    except UnicodeError as problem:
        raise UnreadableError(_NO_TABLE) from problem
    if _CONTROL.search(first) or first.lstrip("\ufeff \r\n\t").startswith(("{", "[", "<")):
        raise UnreadableError(_NO_TABLE)
    delimiter = _delimiter(first)
    return Sheet(name, lambda: _rows(content, encoding, delimiter))


def _encoding(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in content:
        raise UnreadableError(
            f"Line {_line_at(content, content.index(0))} holds a character that no table has (NUL). Delete it, or "
            "export the list as .xlsx."
        )
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        for start in range(0, len(content), _LOOK):
            decoder.decode(content[start : start + _LOOK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        _check_for_one_encoding(content)
        # What Excel in Britain writes as plain CSV.
        return "cp1252"
    return "utf-8-sig"


def _check_for_one_encoding(content: bytes) -> None:
    """Raise UnreadableError, naming a line, where some lines are UTF-8 and others Windows-1252."""
    of_kind: dict[str, list[int]] = {"utf-8": [], "cp1252": []}
    for number, line in enumerate(content.splitlines(), start=1):
        if line.isascii():
            continue
        for encoding, lines in of_kind.items():
            try:
                line.decode(encoding)
            except UnicodeDecodeError:
                continue
            lines.append(number)
            break
        else:
            raise UnreadableError(f"Line {number} holds characters that cannot be read. Export the list as .xlsx.")
    if of_kind["utf-8"] and of_kind["cp1252"]:
        rarer = min(of_kind.values(), key=len)
        raise UnreadableError(
            f"The file mixes two encodings: line {rarer[0]} differs from the others, and accented letters would be "
            "garbled. Export the whole list again, best as .xlsx."
        )


def _line_at(content: bytes, position: int) -> int:
    return content.count(b"\n", 0, position) + 1


def _delimiter(first: str) -> str:
    """The delimiter: the candidate that splits most lines into the same number of cells, quotation marks respected."""
    lines = first.lstrip("\ufeff").splitlines()[:-1] or first.lstrip("\ufeff").splitlines()
    best, score = "", (0, 0)
    for delimiter in _DELIMITERS:
        try:
            widths = Counter(map(len, islice(csv.reader(lines, delimiter=delimiter), _LINES_COMPARED)))
        except csv.Error:
            continue
        width, number = max(
            ((width, number) for width, number in widths.items() if width > 1),
            key=lambda each: (each[1], each[0]),
            default=(0, 0),
        )
        if (number, width) > score:
            best, score = delimiter, (number, width)
    if not best:
        raise UnreadableError("The file has only 1 column. Export it with all its columns, as .xlsx or .csv.")
    return best


def _rows(content: bytes, encoding: str, delimiter: str) -> Iterator[Row]:
    with io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="") as lines:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        try:
            for number, cells in enumerate(reader, start=1):
                if number > MOST_ROWS + 1:
                    raise UnreadableError(f"The file has more than {MOST_ROWS:,} rows. Export fewer months.")
                if len(cells) > MOST_COLUMNS:
                    raise UnreadableError(
                        f"The file has more than {MOST_COLUMNS} columns. Remove columns that are not needed."
                    )
                if any(cells):
                    yield number, list(cells)
        except csv.Error as problem:
            raise UnreadableError(
                "A quotation mark in the file is not closed, or a value is too long. Export it again."
            ) from problem
        except UnicodeError as problem:
            raise UnreadableError(_NO_TABLE) from problem
