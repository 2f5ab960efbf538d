"""Strengths, areas for development and exemplary practice as the pages of an audit show them."""

from collections.abc import Iterator
from typing import Final

from api.audits.actions import ReadAudit
from api.audits.beside.section import BlankLine, Section
from api.audits.theme_notes.queries import WHOLE
from models import ThemeNote

TITLE: Final = "Strengths and areas for development"
EXEMPLARY: Final = "Exemplary practice"
_AGREED: Final = "The practitioner agrees to share this with others"
_NOT_AGREED: Final = "The practitioner has not agreed to share this with others"


def theme_notes_section(found: ReadAudit) -> Section | None:
    """What is said of each theme and of the whole audit; None if the template does not ask."""
    template, notes = found.template, found.theme_notes
    if not template.further.strengths:
        return None
    marked = sum(note.exemplary for note in notes.values())
    return Section(
        key="theme-notes",
        title=TITLE,
        rows=[row for note in notes.values() for row in _rows(found, note)],
        blank=(
            BlankLine("Strengths in each theme"),
            BlankLine("Areas for development in each theme"),
            BlankLine(
                EXEMPLARY, ["The whole audit", "Some themes", "The practitioner agrees to share this with others"]
            ),
        ),
        path=f"/audits/{found.audit.id}/theme-notes",
        status=f"{marked} exemplary" if marked else "Written" if notes else "Optional",
        hint="For each theme, with an option to mark exemplary practice. These do not affect any rating",
        is_begun=bool(notes),
    )


def _rows(found: ReadAudit, note: ThemeNote) -> Iterator[tuple[str, str]]:
    called = "The whole audit" if note.theme == WHOLE else found.template.theme(note.theme).label
    if note.strengths:
        yield f"{called}: strengths", note.strengths
    if note.development:
        yield f"{called}: areas for development", note.development
    if note.exemplary:
        yield f"{called}: exemplary practice", _AGREED if note.worker_agrees else _NOT_AGREED
