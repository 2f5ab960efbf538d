"""Worklists: an auditor's own audits."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import case
from sqlmodel import Session, col, func, select

from api.audits.actions import template_of
from api.audits.asked import asked_by_each
from api.foundation.local_time import day_in_words
from api.foundation.pages.home_page import Task
from api.foundation.permissions import Actor, Permission
from api.rounds.progress import is_overdue
from checklists.audits.audit_states import EDITABLE_STATES, SUBMITTED_STATES
from models import Audit, AuditState, CaseFile, Round, RoundState, Score
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


def next_audit_of(session: Session, actor: Actor, *, other_than: uuid.UUID) -> WorklistItem | None:
    """The actor's next audit to do, soonest due first."""
    return next((item for item in list_my_audits(session, actor, limit=2) if item.audit.id != other_than), None)


MOST_NEXT: Final = 5


def next_audits(session: Session, by: Actor) -> Sequence[Task]:
    """The audits that an auditor does next, on their home page: returned ones first, then by due date."""
    if not by.may(Permission.SCORE_AUDITS):
        return []
    todo = (
        col(Audit.organisation_id) == by.organisation_id,
        col(Audit.auditor_id) == by.person_id,
        col(Audit.state).in_(EDITABLE_STATES),
        col(Round.state) == RoundState.OPEN,
    )
    returned_first = case((col(Audit.state) == AuditState.RETURNED, 0), else_=1)
    rows = session.exec(
        select(Audit, Round, CaseFile.reference)
        .join(Round, linked(Round.id, Audit.round_id))
        .join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .where(*todo)
        .order_by(returned_first, col(Round.due_on), col(Audit.id))
        .limit(MOST_NEXT)
    ).all()
    begun = _answered(session, [audit for audit, _, _ in rows])
    tasks = [_task(audit, audit_round, reference, bool(begun[audit.id])) for audit, audit_round, reference in rows]
    number = session.exec(
        select(func.count()).select_from(Audit).join(Round, linked(Round.id, Audit.round_id)).where(*todo)
    ).one()
    return [*tasks, Task(f"View all {number:,} audits to do", "/audits")] if number > len(tasks) else tasks


def _task(audit: Audit, audit_round: Round, reference: str, has_begun: bool) -> Task:
    due = f"{audit_round.title}. Due {day_in_words(audit_round.due_on)}."
    if audit.state is AuditState.RETURNED:
        return Task(f"Correct the audit of {reference}", f"/audits/{audit.id}", due, "Returned", "orange")
    words = f"{'Continue' if has_begun else 'Start'} the audit of {reference}"
    status, colour = ("Overdue", "red") if is_overdue(audit_round) else ("To do", "blue")
    return Task(words, f"/audits/{audit.id}/next", due, status, colour)


def _answered(session: Session, audits: list[Audit]) -> dict[uuid.UUID, set[str]]:
    """The themes that have an answer, by audit."""
    found: dict[uuid.UUID, set[str]] = {audit.id: set() for audit in audits}
    if audits:
        own = (col(Score.organisation_id) == audits[0].organisation_id, col(Score.audit_id).in_(found))
        for audit_id, theme in session.exec(select(Score.audit_id, Score.theme).where(*own)):
            found[audit_id].add(theme)
    return found
