"""What an audit asks beside its themes, section by section, as its pages show it."""

from collections.abc import Callable
from typing import Final

from api.audits.actions import ReadAudit
from api.audits.beside.section import Section
from api.audits.case.parts import case_section
from api.audits.conversation.parts import conversation_section
from api.audits.family_views.parts import family_section
from api.audits.theme_notes.parts import theme_notes_section

SECTIONS: Final[tuple[Callable[[ReadAudit], Section | None], ...]] = (
    case_section,
    conversation_section,
    family_section,
    theme_notes_section,
)


def sections_of(found: ReadAudit) -> list[Section]:
    """Every section that the audit's template asks for, in order."""
    return [section for find in SECTIONS if (section := find(found)) is not None]
