"""What came of submitted audits: whom each waits for, what moderation changed, and what its auditor still has to do."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session, col, select

from api.audits.actions import template_of
from api.audits.hooks import OWN_STEPS, OwnStep
from api.foundation.permissions import Actor
from checklists.audits.audit_states import SUBMITTED_STATES, AuditState
from checklists.audits.scoring import overall_label
from checklists.templates.template import Template as TemplateContent
from models import Audit, Round, RoundState

_WAITS_FOR: Final = {
    AuditState.DRAFT: "Waiting for the auditor",
    AuditState.RETURNED: "Waiting for the auditor",
    AuditState.SUBMITTED: "Waiting for a moderator",
    AuditState.IN_MODERATION: "Being moderated",
    AuditState.AGREED: "Waiting for sign-off",
    AuditState.SIGNED_OFF: "Finished",
    AuditState.WITHDRAWN: "Withdrawn from the round",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a submitted audit.

    `changed`: how many answers moderation changed, nothing until it is agreed; `overall`: the key of the agreed overall
    judgement, and its label. `steps`: only of one's own audits.
    """

    waits_for: str
    changed: int | None
    overall: str
    overall_label: str
    steps: tuple[OwnStep, ...]

    @property
    def is_due(self) -> bool:
        """Whether the auditor has something to do."""
        return any(step.is_due for step in self.steps)


def waits_for(audit: Audit, audit_round: Round) -> str:
    """Whom or what an audit waits for, in the same words wherever a person reads it."""
    return "The round is closed" if audit_round.state is RoundState.CLOSED else _WAITS_FOR[audit.state]


def outcomes_of(session: Session, audits: Sequence[Audit], *, by: Actor) -> dict[uuid.UUID, Outcome]:
    """The outcome of each of these audits that has been submitted; the caller has checked that they may be read."""
    submitted = [audit for audit in audits if audit.state in SUBMITTED_STATES]
    rounds = _rounds_of(session, submitted)
    templates = {round_id: template_of(session, found) for round_id, found in rounds.items()}
    own = [audit for audit in submitted if audit.auditor_id == by.person_id]
    steps = [find_steps(session, own, by) for find_steps in OWN_STEPS] if own else []
    return {
        audit.id: _outcome(
            audit,
            rounds[audit.round_id],
            templates[audit.round_id],
            tuple(of_room[audit.id] for of_room in steps if audit.id in of_room),
        )
        for audit in submitted
    }


def _outcome(audit: Audit, audit_round: Round, template: TemplateContent, steps: tuple[OwnStep, ...]) -> Outcome:
    waiting = waits_for(audit, audit_round)
    if not audit.agreed_answers:
        return Outcome(waiting, None, "", "", steps)
    changed = sum(one != other for one, other in zip(audit.answers, audit.agreed_answers, strict=True))
    overall = audit.agreed_overall
    return Outcome(waiting, changed, overall, overall_label(template, overall) if overall else "", steps)


def _rounds_of(session: Session, audits: Sequence[Audit]) -> dict[uuid.UUID, Round]:
    wanted = {audit.round_id for audit in audits}
    if not wanted:
        return {}
    query = select(Round).where(col(Round.organisation_id) == audits[0].organisation_id, col(Round.id).in_(wanted))
    return {found.id: found for found in session.exec(query)}
