"""Reading separated values (CSV) as a stream of rows, in one of three encodings."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from typing import Final

from api.case_lists.readers.files.limits import MOST_COLUMNS, MOST_ROWS
from api.case_lists.readers.files.sheets import Row, Sheet
from api.case_lists.readers.result import UnreadableError

_LOOK: Final = 64 * 1024
_DELIMITERS: Final = ",;\t|"
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
        raise UnreadableError(_NO_TABLE)
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        for start in range(0, len(content), _LOOK):
            decoder.decode(content[start : start + _LOOK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        # What Excel in Britain writes as plain CSV.
        return "cp1252"
    return "utf-8-sig"


def _delimiter(first: str) -> str:
    """The delimiter: the candidate that occurs most often in the first line that has any."""
    for line in first.lstrip("\ufeff").splitlines():
        counts = {it: line.count(it) for it in _DELIMITERS}
        if any(counts.values()):
            return max(counts, key=lambda it: counts[it])
    raise UnreadableError("The file has only 1 column. Export it with all its columns, as .xlsx or .csv.")


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
