"""How much feedback was given on the audits of a round, and how many practitioners reflected on it."""

import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import ColumnElement, case, func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from api.access.blindness import visible_in_round
from api.foundation.local_time import LOCAL_TIME, local_date
from api.foundation.permissions import Actor
from checklists.audits.audit_states import SUBMITTED_STATES
from checklists.audits.feedback import FeedbackCounts, Given, counts_of_feedback, first_day_not_overdue
from models import Audit, FeedbackSheet, Round, now
from models.storage.joins import linked


@dataclass(frozen=True, slots=True)
class Submitted:
    """How many audits of a round are submitted, by the team of the case then; `early`: of which feedback is due.

    `visible`: the condition for audits that are not hidden from the person, which is asked of the database.
    """

    by_team: Mapping[uuid.UUID, int]
    early: int
    visible: ColumnElement[bool]


def count_submitted(session: Session, audit_round: Round, *, by: Actor) -> Submitted:
    """The submitted audits of a round, without readings that are hidden from the person.

    In one question, from the index alone: a report needs both numbers, and the round may have thousands of audits.
    """
    visible = visible_in_round(session, audit_round, by.person_id)
    is_early = case((col(Audit.submitted_at) < _first_not_overdue(), 1), else_=0)
    rows = session.execute(
        select_columns(col(Audit.team_id), func.count(), func.sum(is_early))
        .where(
            col(Audit.organisation_id) == audit_round.organisation_id,
            col(Audit.round_id) == audit_round.id,
            col(Audit.state).in_(SUBMITTED_STATES),
            visible,
        )
        # By state as well, though it is not asked for: in that order the index has them, and nothing is sorted.
        .group_by(col(Audit.state), col(Audit.team_id))
    ).all()
    by_team = Counter[uuid.UUID]()
    for team, number, _ in rows:
        by_team[team] += number
    return Submitted(by_team, sum(early for *_, early in rows), visible)


def _first_not_overdue() -> datetime:
    return datetime.combine(first_day_not_overdue(local_date(now())), time(), LOCAL_TIME)


def feedback_of_round(
    session: Session, audit_round: Round, *, by: Actor, submitted: Submitted | None = None
) -> FeedbackCounts:
    """The counts of a round's submitted audits, as they are today; not of readings that are hidden from the person.

    For people who may read every audit. `submitted`: what `count_submitted` gives, where it was asked already.
    """
    submitted = submitted or count_submitted(session, audit_round, by=by)
    of_round = (
        col(Audit.organisation_id) == audit_round.organisation_id,
        col(Audit.round_id) == audit_round.id,
        col(Audit.state).in_(SUBMITTED_STATES),
        submitted.visible,
    )
    rows = session.execute(
        select_columns(
            col(Audit.submitted_at), col(FeedbackSheet.given_on), col(FeedbackSheet.reflected_at).is_not(None)
        )
        .join(FeedbackSheet, linked(FeedbackSheet.audit_id, Audit.id))
        .where(*of_round)
    ).all()
    given = [
        Given(local_date(submitted_at), given_on, reflected)
        for submitted_at, given_on, reflected in rows
        if submitted_at is not None
    ]
    first = _first_not_overdue()
    waiting = sum(submitted.by_team.values()) - len(rows)
    overdue = submitted.early - sum(submitted_at < first for submitted_at, *_ in rows)
    return counts_of_feedback(given, overdue=overdue, not_due=waiting - overdue)
