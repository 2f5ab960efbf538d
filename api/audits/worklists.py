"""Worklists: an auditor's own audits."""

import uuid
from dataclasses import dataclass

from sqlmodel import Session, col, select

from api.audits.actions import template_of
from api.audits.asked import asked_by_each
from api.foundation.permissions import Actor
from api.rounds.progress import is_overdue
from checklists.audits.audit_states import EDITABLE_STATES, SUBMITTED_STATES
from models import Audit, CaseFile, Round, RoundState, Score
from models.storage.joins import linked


@dataclass(frozen=True, slots=True)
class WorklistItem:
    """One audit of an auditor's worklist, with how many of the themes and questions that are asked have an answer."""

    audit: Audit
    round: Round
    reference: str
    answered: int
    themes: int
    questions_answered: int

    @property
    def overdue(self) -> bool:
        return is_overdue(self.round)


def list_my_audits(session: Session, actor: Actor, *, submitted: bool = False, limit: int = 200) -> list[WorklistItem]:
    """The actor's own audits in open rounds, soonest due first; with `submitted` the submitted ones, newest first."""
    query = (
        select(Audit, Round, CaseFile)
        .join(Round, linked(Round.id, Audit.round_id))
        .join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .where(col(Audit.organisation_id) == actor.organisation_id, col(Audit.auditor_id) == actor.person_id)
    )
    if submitted:
        query = query.where(col(Audit.state).in_(SUBMITTED_STATES)).order_by(
            col(Audit.submitted_at).desc(), col(Audit.id)
        )
    else:
        query = query.where(col(Audit.state).in_(EDITABLE_STATES), col(Round.state) == RoundState.OPEN).order_by(
            col(Round.due_on), col(Audit.id)
        )
    rows = session.exec(query.limit(limit)).all()
    templates = {found.id: template_of(session, found) for found in {row[1].id: row[1] for row in rows}.values()}
    audits = [(audit, case_file, templates[audit.round_id]) for audit, _, case_file in rows]
    asked, answered = asked_by_each(session, audits), _answered(session, [audit for audit, _, _ in rows])
    return [
        WorklistItem(
            audit,
            audit_round,
            case_file.reference,
            len(answered[audit.id].intersection(asked[audit.id].asked.themes)),
            len(asked[audit.id].asked.themes),
            len(asked[audit.id].answers),
        )
        for audit, audit_round, case_file in rows
    ]


def _answered(session: Session, audits: list[Audit]) -> dict[uuid.UUID, set[str]]:
    """The themes that have an answer, by audit."""
    found: dict[uuid.UUID, set[str]] = {audit.id: set() for audit in audits}
    if audits:
        own = (col(Score.organisation_id) == audits[0].organisation_id, col(Score.audit_id).in_(found))
        for audit_id, theme in session.exec(select(Score.audit_id, Score.theme).where(*own)):
            found[audit_id].add(theme)
    return found
