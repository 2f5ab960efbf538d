"""Write a document as a PDF, DOCX, XLSX or CSV file."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Any

from api.documents.writers.typeset import TypesettingError
from api.foundation.apart.computing import computing_apart
from api.foundation.hooks import Later
from api.foundation.problems import Unavailable

if TYPE_CHECKING:
    from api.documents.document import Document


class FileKind(StrEnum):
    """A file that a document can be written as; the value is the ending of its name."""

    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    CSV = "csv"


MEDIA_TYPES = {
    FileKind.PDF: "application/pdf",
    FileKind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileKind.CSV: "text/csv; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class WrittenFile:
    content: bytes
    media_type: str
    name: str


def list_file(document: "Document", kind: FileKind) -> WrittenFile:
    """A list as a file that programs read: its CSV file has one line of headings and nothing else above the rows.

    Raises Unavailable if it cannot be typeset.
    """
    if kind is not FileKind.CSV:
        return render_file(document, kind)
    write_table = import_module("api.documents.writers.csv").write_table
    lines = "".join(map(write_table, document.tables)).encode("utf-8-sig")
    return WrittenFile(lines, MEDIA_TYPES[kind], f"{document.file_name}.csv")


def render_file(document: "Document", kind: FileKind) -> WrittenFile:
    """The document as a file whose name says what it is. Raises Unavailable if it cannot be typeset."""
    # Imported when the first file of its kind is asked for: their libraries are a quarter of the memory of an idle
    # server, and most servers write few files.
    try:
        content = _written(document, kind)
    except TypesettingError:
        raise Unavailable(
            "The file could not be created. Try again in 1 minute, or download a different type of file."
        ) from None
    return WrittenFile(content, MEDIA_TYPES[kind], f"{document.file_name}.{kind.value}")


def _written(document: "Document", kind: FileKind) -> bytes:
    if kind is FileKind.DOCX:
        return _written_apart(document)
    written: bytes = Later(f"api.documents.writers.{kind.value}", f"write_{kind.value}")(document)
    return written


def _written_apart(document: "Document") -> bytes:
    """As a word-processor file, by a process of its own, which is ready when the charts are drawn: it needs 15 MB."""
    pictures_of = Later("api.documents.writers.pdf", "pictures_of")
    writer: Callable[[Any], bytes] = Later("api.documents.writers.docx", "write_docx")
    with computing_apart(writer, as_a_request=True) as write:
        return write((document, pictures_of(document)))
