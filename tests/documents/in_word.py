"""A document as a word-processor file, written by the test's own process."""

from api.documents.document import Document
from api.documents.writers.docx import write_docx
from api.documents.writers.pdf import pictures_of


def in_word(document: Document) -> bytes:
    return write_docx((document, pictures_of(document)))
