"""Extension point of a round's report: sections from rooms above."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from sqlmodel import Session

from api.foundation.hooks import Hook
from api.foundation.permissions import Actor

if TYPE_CHECKING:
    from api.documents.document import Section
    from models import Round

FURTHER_SECTIONS: Final = Hook[Callable[[Session, "Round", Actor], "Section | None"]](
    "further sections of a round's report"
)


def further_sections(session: Session, audit_round: "Round", *, by: Actor) -> "tuple[Section, ...]":
    """The sections that rooms above add to the report of a round."""
    found = (section(session, audit_round, by) for section in FURTHER_SECTIONS)
    return tuple(section for section in found if section is not None)
