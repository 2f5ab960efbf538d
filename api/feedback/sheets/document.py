"""The sheet for supervision as a document of one page: nothing on it says whose case it was, or who worked on it."""

from enum import StrEnum
from typing import Final

from api.documents.document import Column, Document, Section, Table, text
from api.feedback.sheets.queries import ShownSheet

LINES: Final = 6
MARKING: Final = "For the practitioner and their supervisor."


class SheetKind(StrEnum):
    """A file that a sheet can be written as."""

    PDF = "pdf"
    DOCX = "docx"


def sheet_document(shown: ShownSheet) -> Document:
    """The sheet, with lines for the practitioner's reflection until there is one."""
    sheet = shown.sheet
    sections = [
        Section("What is working well", _paragraphs(sheet.works_well)) if sheet.works_well else None,
        Section("What to think about", _to_think_about(shown)) if sheet.think_about or shown.themes else None,
        Section("Questions to discuss", points=tuple(f"{theme}: {prompt}" for theme, prompt in shown.questions))
        if shown.questions
        else None,
        _reflection(shown),
    ]
    return Document(
        title="Feedback for supervision",
        subtitle=f"Sheet {shown.code}",
        marking=MARKING,
        made_on=sheet.given_on,
        sections=tuple(section for section in sections if section is not None),
        kind="feedback",
        about=shown.code,
    )


def themes_in_words(shown: ShownSheet) -> str:
    """The themes that fell short, in a sentence; empty without any."""
    labels = "; ".join(theme.label for theme in shown.themes)
    return f"Themes in which practice could be stronger: {labels}." if labels else ""


def _to_think_about(shown: ShownSheet) -> tuple[str, ...]:
    return tuple(filter(None, (*_paragraphs(shown.sheet.think_about), themes_in_words(shown))))


def _reflection(shown: ShownSheet) -> Section:
    if shown.sheet.reflection:
        return Section("Your reflection", _paragraphs(shown.sheet.reflection))
    asks = (
        "What will you do differently, and what will you keep doing? Do not write anyone’s name. To submit your "
        f"reflection, give this sheet to the auditor. They enter it with the code {shown.code}."
    )
    rows = tuple((text(f"{line}."),) for line in range(1, LINES + 1))
    lines = Table("lines", "Lines to write on", (Column("In your own words"),), rows)
    return Section("Your reflection", (asks,), table=lines)


def _paragraphs(words: str) -> tuple[str, ...]:
    return tuple(paragraph.strip() for paragraph in words.split("\n\n") if paragraph.strip())
