"""What a workbook must not contain, checked in its parts before any of them is parsed."""

import re
from collections.abc import Iterator
from typing import Final

from api.documents.reading.archive import Archive
from api.documents.reading.limits import MOST_TAGS
from api.documents.reading.refusals import UnreadableError

# Parts that are never opened here: what Excel keeps of queries, labels, pictures and the like.
_NEVER_OPENED: Final = re.compile(
    r"(customxml|docprops|docmetadata|xl/(theme|drawings|charts|media|querytables|tables|printersettings|pivot\w*"
    r"|slicer\w*|timeline\w*|comments\w*|threadedcomments|persons|model|richdata|custom\w*))/"
)
_MACROS: Final = (b"macroEnabled", b"vbaProject")
_DOCUMENT_TYPE: Final = (b"<!DOCTYPE", b"<!ENTITY")
_TWO_BYTES_A_CHARACTER: Final = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
# As long as the longest search string, so that none is missed between two chunks.
_OVERLAP: Final = 32
_MACRO_WORDS: Final = "The workbook contains macros. Save it as a workbook without macros (.xlsx) and send that copy."


def check_workbook(archive: Archive) -> None:
    """Raises UnreadableError for macros, external links, embedded files, document types, too many tags."""
    for name in archive.names:
        _check_name(name.casefold())
    archive.check_for_archives()
    tags = 0
    for name in archive.names:
        if name.casefold().endswith((".xml", ".rels")) and not _NEVER_OPENED.match(name.casefold()):
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
    of_kinds = name == "[Content_Types].xml"
    tags = 0
    for window, fresh in _windows(archive.chunks(name)):
        if any(it in window for it in _DOCUMENT_TYPE) or window.startswith(_TWO_BYTES_A_CHARACTER):
            raise UnreadableError("A part of the workbook declares a document type, or is not written as UTF-8.")
        if of_kinds and any(it in window for it in _MACROS):
            raise UnreadableError(_MACRO_WORDS)
        tags += fresh.count(b"<")
    return tags


def _windows(chunks: Iterator[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Each chunk, preceded by the end of the one before it."""
    before = b""
    for chunk in chunks:
        yield before + chunk, chunk
        before = chunk[-_OVERLAP:]
