"""The progress of a round: its audits by auditor and state."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, case, func, or_
from sqlmodel import Session, col, select

from api.access.blindness import every_hidden_reading, visible_under_blind_reading
from api.access.people import Hindrance, hindrances_of, words_of
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor, Permission
from checklists.audits.audit_states import SUBMITTED_STATES
from models import Audit, AuditState, Person, QuestionAnswer, Round, RoundState, Score, now
from models.storage.joins import linked


@dataclass(frozen=True, slots=True)
class AuditorsProgress:
    """One auditor's audits in a round; withdrawn ones are not counted. Overdue: due before today and not submitted."""

    auditor_id: uuid.UUID
    name: str
    not_started: int
    in_progress: int
    returned: int
    submitted: int
    overdue: int
    # Why they can no longer score, if so.
    hindrance: Hindrance | None = None

    @property
    def hindrance_words(self) -> str:
        return "" if self.hindrance is None else words_of(self.hindrance, Permission.SCORE_AUDITS)

    @property
    def allocated(self) -> int:
        return self.not_started + self.in_progress + self.returned + self.submitted


@dataclass(frozen=True, slots=True)
class Progress:
    """A round's audits by auditor, and the withdrawn ones apart."""

    auditors: tuple[AuditorsProgress, ...]
    withdrawn: int

    @property
    def allocated(self) -> int:
        return sum(auditor.allocated for auditor in self.auditors)

    @property
    def submitted(self) -> int:
        return sum(auditor.submitted for auditor in self.auditors)

    @property
    def overdue(self) -> int:
        return sum(auditor.overdue for auditor in self.auditors)


@dataclass(frozen=True, slots=True)
class RoundCounts:
    """How many audits a round has, how many are submitted, and how many are overdue; withdrawn ones are not counted."""

    allocated: int
    submitted: int
    overdue: int


def is_overdue(audit_round: Round, *, today: date | None = None) -> bool:
    """Whether unsubmitted audits are late: the due date is past and the round is still open."""
    return audit_round.state is RoundState.OPEN and audit_round.due_on < (today or local_date(now()))


def progress_of(session: Session, audit_round: Round, *, by: Actor) -> Progress:
    """Count the round's audits by auditor and state, in the database, without those to which the actor is blind."""
    started = or_(
        *(
            select(col(table.audit_id))
            .where(col(table.organisation_id) == col(Audit.organisation_id), col(table.audit_id) == col(Audit.id))
            .exists()
            for table in (Score, QuestionAnswer)
        )
    )
    progress_state = case(
        (col(Audit.state).in_(SUBMITTED_STATES), AuditState.SUBMITTED.value),
        (col(Audit.state) != AuditState.DRAFT, col(Audit.state)),
        (started, "in-progress"),
        else_="not-started",
    )
    rows = session.execute(
        select(col(Audit.auditor_id), col(Person.name), progress_state, func.count())
        .join(Person, linked(Person.id, Audit.auditor_id))
        .where(*_audits_of(audit_round, by))
        .group_by(col(Audit.auditor_id), col(Person.name), progress_state)
    ).all()
    counts: dict[tuple[str, uuid.UUID], dict[str, int]] = {}
    for auditor_id, name, state, number in rows:
        counts.setdefault((name, auditor_id), {})[str(state)] = number
    late = is_overdue(audit_round)
    hindered = hindrances_of(
        session,
        {auditor_id for _, auditor_id in counts},
        Permission.SCORE_AUDITS,
        organisation_id=audit_round.organisation_id,
    )
    auditors = []
    for (name, auditor_id), states in sorted(counts.items(), key=lambda item: (item[0][0], str(item[0][1]))):
        not_started, in_progress, returned = (
            states.get(state, 0) for state in ("not-started", "in-progress", "returned")
        )
        auditor = AuditorsProgress(
            auditor_id,
            name,
            not_started=not_started,
            in_progress=in_progress,
            returned=returned,
            submitted=states.get("submitted", 0),
            overdue=not_started + in_progress + returned if late else 0,
            hindrance=hindered.get(auditor_id),
        )
        if auditor.allocated:
            auditors.append(auditor)
    return Progress(tuple(auditors), sum(states.get("withdrawn", 0) for states in counts.values()))


def counts_of_rounds(session: Session, rounds: Sequence[Round], *, by: Actor) -> Mapping[uuid.UUID, RoundCounts]:
    """The counts of each of these rounds as `progress_of` has them, with one question for all."""
    hidden = every_hidden_reading(session, by.organisation_id, by.person_id)
    submitted = func.sum(case((col(Audit.state).in_(SUBMITTED_STATES), 1), else_=0))
    rows = session.execute(
        select(col(Audit.round_id), func.count(), submitted)
        .where(
            col(Audit.organisation_id) == by.organisation_id,
            col(Audit.round_id).in_([audit_round.id for audit_round in rounds]),
            col(Audit.state) != AuditState.WITHDRAWN,
            *([col(Audit.id).not_in(hidden)] if hidden else ()),
        )
        .group_by(col(Audit.round_id))
    )
    counted = {round_id: (allocated, done) for round_id, allocated, done in rows}
    found = {}
    for audit_round in rounds:
        allocated, done = counted.get(audit_round.id, (0, 0))
        found[audit_round.id] = RoundCounts(allocated, done, allocated - done if is_overdue(audit_round) else 0)
    return found


def auditors_of(session: Session, audit_round: Round, *, by: Actor) -> dict[uuid.UUID, str]:
    """The people with an audit in this round that the actor may know of, by name."""
    rows = session.execute(
        select(col(Person.id), col(Person.name))
        .join(Audit, linked(Audit.auditor_id, Person.id))
        .where(*_audits_of(audit_round, by))
        .distinct()
        .order_by(col(Person.name), col(Person.id))
    )
    return {row.id: row.name for row in rows}


def _audits_of(audit_round: Round, by: Actor) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Audit.organisation_id) == audit_round.organisation_id,
        col(Audit.round_id) == audit_round.id,
        visible_under_blind_reading(by.person_id),
    )
