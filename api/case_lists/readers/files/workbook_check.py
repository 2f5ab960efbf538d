"""What a workbook must not contain, checked in its parts before any of them is parsed."""

import re
from collections.abc import Iterator
from typing import Final

from api.case_lists.readers.files.archive import Archive
from api.case_lists.readers.files.limits import MOST_ROWS, MOST_TAGS
from api.case_lists.readers.files.workbook import FORMULA_WORDS, TOO_MANY_ROWS_WORDS
from api.case_lists.readers.result import UnreadableError

_FORMULA: Final = re.compile(rb"<(?:[A-Za-z_]{1,20}:)?f[\s/>]")
_MACROS: Final = (b"macroEnabled", b"vbaProject")
_DOCUMENT_TYPE: Final = (b"<!DOCTYPE", b"<!ENTITY")
_TWO_BYTES_A_CHARACTER: Final = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
# As long as the longest search string, so that none is missed between two chunks.
_OVERLAP: Final = 32
_MACRO_WORDS: Final = "The workbook contains macros. Save it as a workbook without macros (.xlsx) and send that copy."


def check_workbook(archive: Archive) -> None:
    """Raises UnreadableError for macros, external links, embedded files, document types, formulas, too many tags."""
    for name in archive.names:
        _check_name(name.casefold())
    archive.check_for_archives()
    tags = 0
    for name in archive.names:
        if name.casefold().endswith((".xml", ".rels", ".vml")):
            tags += _check_part(archive, name)
            if tags > MOST_TAGS:
                raise UnreadableError("The workbook contains too many cells to read. Export fewer months.")


def _check_name(name: str) -> None:
    if "vbaproject" in name or "/macrosheets/" in name or "/activex/" in name:
        raise UnreadableError(_MACRO_WORDS)
    if "/externallinks/" in name:
        raise UnreadableError(
            "The workbook has links to other workbooks. Paste its sheets as values and save that copy."
        )
    if "/embeddings/" in name:
        raise UnreadableError("The workbook contains another file. Remove that file and send the workbook again.")


def _check_part(archive: Archive, name: str) -> int:
    """The number of start tags in a part."""
    of_kinds, of_cells = name == "[Content_Types].xml", "worksheets/" in name.casefold()
    tags = rows = 0
    for window, fresh in _windows(archive.chunks(name)):
        if any(it in window for it in _DOCUMENT_TYPE) or window.startswith(_TWO_BYTES_A_CHARACTER):
            raise UnreadableError("A part of the workbook declares a document type, or is not written as UTF-8.")
        if of_kinds and any(it in window for it in _MACROS):
            raise UnreadableError(_MACRO_WORDS)
        if of_cells and _FORMULA.search(window):
            raise UnreadableError(FORMULA_WORDS)
        tags += fresh.count(b"<")
        rows += window.count(b"<row", -len(fresh) - 3) if of_cells else 0
        if rows > MOST_ROWS:
            raise UnreadableError(TOO_MANY_ROWS_WORDS)
    return tags


def _windows(chunks: Iterator[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Each chunk, preceded by the end of the one before it."""
    before = b""
    for chunk in chunks:
        yield before + chunk, chunk
        before = chunk[-_OVERLAP:]
