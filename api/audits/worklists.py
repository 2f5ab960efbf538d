"""Worklists: an auditor's own audits."""

from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from api.foundation.permissions import Actor
from api.rounds.progress import is_overdue
from checklists.audits.audit_states import EDITABLE_STATES, SUBMITTED_STATES
from models import Audit, CaseFile, Round, RoundState, Score
from models.audits.template import published_content
from models.storage.joins import linked


@dataclass(frozen=True, slots=True)
class WorklistItem:
    """One audit of an auditor's worklist."""

    audit: Audit
    round: Round
    reference: str
    answered: int
    themes: int

    @property
    def overdue(self) -> bool:
        return is_overdue(self.round)


def list_my_audits(session: Session, actor: Actor, *, submitted: bool = False, limit: int = 200) -> list[WorklistItem]:
    """The actor's own audits in open rounds, soonest due first; with `submitted` the submitted ones, newest first."""
    answered = (
        select(func.count())
        .select_from(Score)
        .where(col(Score.organisation_id) == col(Audit.organisation_id), col(Score.audit_id) == col(Audit.id))
        .scalar_subquery()
    )
    query = (
        select(Audit, Round, CaseFile.reference, answered)
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
    return [
        WorklistItem(audit, audit_round, reference, number, _themes(session, audit_round))
        for audit, audit_round, reference, number in session.exec(query.limit(limit))
    ]


def _themes(session: Session, audit_round: Round) -> int:
    content = published_content(
        session, audit_round.organisation_id, audit_round.template_id, audit_round.template_version
    )
    return len(content.themes) if content else 0
