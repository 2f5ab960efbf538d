"""The ways a report leaves the service: one document, written as one of these files."""

from dataclasses import dataclass
from enum import StrEnum

from api.reports.document import Document
from api.reports.writers.csv import write_csv
from api.reports.writers.docx import write_docx
from api.reports.writers.pdf import write_pdf
from api.reports.writers.xlsx import write_xlsx


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
_WRITERS = {FileKind.PDF: write_pdf, FileKind.DOCX: write_docx, FileKind.XLSX: write_xlsx, FileKind.CSV: write_csv}


@dataclass(frozen=True, slots=True)
class WrittenFile:
    content: bytes
    media_type: str
    name: str


def write(document: Document, kind: FileKind, *, name: str) -> WrittenFile:
    """The document as a file called `name` with the ending of its kind."""
    return WrittenFile(_WRITERS[kind](document), MEDIA_TYPES[kind], f"{name}.{kind.value}")
