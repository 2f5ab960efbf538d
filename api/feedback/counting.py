"""How much feedback was given on the audits of a round, and how many practitioners reflected on it."""

from datetime import datetime, time

from sqlalchemy import case, func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from api.access.blindness import visible_in_round
from api.foundation.local_time import LOCAL_TIME, local_date
from api.foundation.permissions import Actor
from checklists.audits.audit_states import SUBMITTED_STATES
from checklists.audits.feedback import FeedbackCounts, Given, counts_of_feedback, first_day_not_overdue
from models import Audit, FeedbackSheet, Round, now
from models.storage.joins import linked


def feedback_of_round(session: Session, audit_round: Round, *, by: Actor) -> FeedbackCounts:
    """The counts of a round's submitted audits, as they are today; not of readings that are hidden from the person.

    For people who may read every audit.
    """
    of_round = (
        col(Audit.organisation_id) == audit_round.organisation_id,
        col(Audit.round_id) == audit_round.id,
        col(Audit.state).in_(SUBMITTED_STATES),
        visible_in_round(session, audit_round, by.person_id),
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
    first = datetime.combine(first_day_not_overdue(local_date(now())), time(), LOCAL_TIME)
    is_early = case((col(Audit.submitted_at) < first, 1), else_=0)
    # Counted in the index alone, and not each audit with its sheet.
    every, early = session.execute(
        select_columns(func.count(), func.coalesce(func.sum(is_early), 0)).select_from(Audit).where(*of_round)
    ).one()
    waiting = every - len(rows)
    overdue = early - sum(submitted_at < first for submitted_at, *_ in rows)
    return counts_of_feedback(given, overdue=overdue, not_due=waiting - overdue)
