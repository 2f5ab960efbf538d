"""Queries of audits: lists, and the case of an audit as it was when submitted."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, func
from sqlmodel import Session, col, select

from api.access.audits import readable_audits
from api.access.blindness import visible_under_blind_reading
from api.audits.actions import ReadAudit, overall_when_submitted
from api.foundation import access_log
from api.foundation.permissions import Actor
from checklists.audits.audit_states import SUBMITTED_STATES
from models import Audit, AuditState, CaseFile, Person, Round, Score, Team
from models.storage.joins import linked

AUDITS_TO_KNOW: Final = 3


@dataclass(frozen=True, slots=True)
class SubmittedAudit:
    audit: Audit
    reference: str
    round_title: str
    auditor: str


def submitted_audits(
    session: Session, *, by: Actor, limit: int, after: uuid.UUID | None = None, of_others: bool
) -> list[SubmittedAudit]:
    """Submitted audits that a person may read, their own or those of others, the latest allocated first."""
    own = col(Audit.auditor_id) == by.person_id
    query = (
        select(Audit, CaseFile.reference, Round.title, Person.name)
        .join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .join(Round, linked(Round.id, Audit.round_id))
        .join(Person, linked(Person.id, Audit.auditor_id))
        .where(
            readable_audits(by),
            col(Audit.organisation_id) == by.organisation_id,
            ~own if of_others else own,
            col(Audit.state).in_(SUBMITTED_STATES),
        )
        .order_by(col(Audit.id).desc())
    )
    if after is not None:
        query = query.where(col(Audit.id) < after)
    return [SubmittedAudit(*row) for row in session.exec(query.limit(limit))]


def list_audits(
    session: Session,
    *,
    by: Actor,
    limit: int,
    after: uuid.UUID | None = None,
    round_id: uuid.UUID | None = None,
    auditor_id: uuid.UUID | None = None,
    state: AuditState | None = None,
) -> Sequence[tuple[Audit, str]]:
    """The audits that a person may read, in the order of creation, each with its case file's reference.

    A list that shows overall judgements of others is recorded as one of their round's answers.
    """
    query = (
        select(Audit, CaseFile.reference)
        .join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .where(readable_audits(by))
        .order_by(col(Audit.id))
    )
    for column, wanted in ((Audit.round_id, round_id), (Audit.auditor_id, auditor_id), (Audit.state, state)):
        if wanted is not None:
            query = query.where(col(column) == wanted)
    if after is not None:
        query = query.where(col(Audit.id) > after)
    found = session.exec(query.limit(limit)).all()
    for listed in sorted({audit.round_id for audit, _ in found if _shows_judgement(audit, by)}):
        access_log.record_view(session, "round.audits-listed", listed, by=by)
    return found


def _shows_judgement(audit: Audit, by: Actor) -> bool:
    """Whether a list shows a person the overall judgement of an audit that is not theirs."""
    return by.person_id not in {None, audit.auditor_id} and overall_when_submitted(audit) is not None


def audits_of_round(
    session: Session,
    audit_round: Round,
    *,
    by: Actor,
    limit: int,
    after: uuid.UUID | None = None,
    auditor_id: uuid.UUID | None = None,
    state: AuditState | None = None,
    reference: str = "",
) -> Sequence[Any]:
    """The audits of a round that a person may know of: each a row with Audit, reference and auditor.

    `reference`: a part of the reference, in capital or small letters.
    """
    query: Any = (
        select(Audit, col(CaseFile.reference), col(Person.name).label("auditor"))
        .join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .join(Person, linked(Person.id, Audit.auditor_id))
        .where(
            col(Audit.organisation_id) == audit_round.organisation_id,
            col(Audit.round_id) == audit_round.id,
            visible_under_blind_reading(by.person_id),
        )
        .order_by(col(Audit.id))
    )
    if auditor_id is not None:
        query = query.where(col(Audit.auditor_id) == auditor_id)
    if state is not None:
        query = query.where(col(Audit.state) == state)
    if reference.strip():
        query = query.where(col(CaseFile.reference).contains(reference.strip().upper(), autoescape=True))
    if after is not None:
        query = query.where(col(Audit.id) > after)
    return session.execute(query.limit(limit)).all()


def team_of(session: Session, found: ReadAudit) -> Team:
    """The team of the case; for a submitted audit, the team at that time."""
    return session.get_one(Team, (found.audit.organisation_id, found.audit.team_id or found.case_file.team_id))


# Made once: it takes longer to build than to run.
_KNOWN_THEMES: Final = (
    select(Score.theme)
    .join(Audit, linked(Audit.id, Score.audit_id))
    .join(Round, linked(Round.id, Audit.round_id))
    .where(
        col(Audit.organisation_id) == bindparam("own"),
        col(Audit.auditor_id) == bindparam("auditor"),
        col(Audit.state).in_(SUBMITTED_STATES),
        col(Round.template_id) == bindparam("template"),
    )
    .group_by(col(Score.theme))
    .having(func.count() >= AUDITS_TO_KNOW)
)


def known_themes(session: Session, found: ReadAudit) -> frozenset[str]:
    """The themes that the audit's auditor has answered in three submitted audits of the same template, and so knows.

    Templates of format 1 show everything to everybody.
    """
    if found.template.is_format_1:
        return frozenset()
    named = {
        "own": found.audit.organisation_id,
        "auditor": found.audit.auditor_id,
        "template": found.round.template_id,
    }
    return frozenset(session.connection().execute(_KNOWN_THEMES, named).scalars())
