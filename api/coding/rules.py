"""Who may read and code the passages of a round, and what has passages in it."""

import uuid
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from api.access.audits import may_read_every_audit
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, NotAllowed, NotFound
from api.rounds import actions as rounds
from checklists.passages.parts import WHOLE_AUDIT
from checklists.templates.template import Template as TemplateContent
from models import Round, RoundState

# In addresses, in place of a theme: the passages about the whole audit.
WHOLE_AUDIT_SLUG: Final = "whole-audit"


@dataclass(frozen=True, slots=True)
class CodedRound:
    """A round whose passages may be coded, with what it asks, and the person who codes."""

    round: Round
    template: TemplateContent
    coder_id: uuid.UUID

    def check_theme(self, theme: str) -> str:
        """The theme, or WHOLE_AUDIT. Raises NotFound for one that the round does not ask about."""
        if theme != WHOLE_AUDIT and not self.template.has_theme(theme):
            raise NotFound("theme")
        return theme

    def label_of(self, theme: str) -> str:
        """The theme's label, or "The whole audit"."""
        return self.template.theme(theme).label if theme else "The whole audit"

    @property
    def themes(self) -> tuple[str, ...]:
        """Every theme of the round, then WHOLE_AUDIT."""
        return (*self.template.theme_keys, WHOLE_AUDIT)


def check_can_code(by: Actor) -> uuid.UUID:
    """The person who codes. Raises NotAllowed for those who may not read every audit."""
    check_may(by, Permission.CODE_PASSAGES)
    if by.person_id is None or not may_read_every_audit(by):
        raise NotAllowed("Only people who can read all audits can code what auditors wrote.")
    return by.person_id


def coded_round(session: Session, round_id: uuid.UUID, *, by: Actor) -> CodedRound:
    """The round. Raises NotAllowed, NotFound, and Conflict for one that is not open yet."""
    coder_id = check_can_code(by)
    found = rounds.find_round(session, round_id=round_id, by=by)
    template = found.content(session)
    if found.state is RoundState.PLANNED or template is None:
        raise Conflict("This round is not open yet, so there is nothing to code.")
    return CodedRound(found, template, coder_id)


def slug_of(theme: str) -> str:
    """How addresses name a theme or WHOLE_AUDIT."""
    return theme or WHOLE_AUDIT_SLUG


def theme_of(slug: str) -> str:
    """The theme that an address names."""
    return WHOLE_AUDIT if slug == WHOLE_AUDIT_SLUG else slug
