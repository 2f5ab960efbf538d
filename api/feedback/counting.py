"""How much feedback was given on the audits of a round, and how many practitioners reflected on it."""

import uuid
from datetime import datetime, time

from sqlalchemy import case, func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from api.access.audits import readable_audits
from api.foundation.local_time import LOCAL_TIME, local_date
from api.foundation.permissions import Actor
from checklists.audits.audit_states import SUBMITTED_STATES
from checklists.audits.feedback import FeedbackCounts, Given, counts_of_feedback, first_day_not_overdue
from models import Audit, FeedbackSheet, now
from models.storage.joins import linked


def feedback_of_round(session: Session, round_id: uuid.UUID, *, by: Actor) -> FeedbackCounts:
    """The counts of a round's submitted audits, as they are today; not of readings that are hidden from the person."""
    of_round = (readable_audits(by), col(Audit.round_id) == round_id, col(Audit.state).in_(SUBMITTED_STATES))
    rows = session.execute(
        select_columns(
            col(Audit.submitted_at), col(FeedbackSheet.given_on), col(FeedbackSheet.reflected_at).is_not(None)
        )
        .join(FeedbackSheet, linked(FeedbackSheet.audit_id, Audit.id))
        .where(*of_round)
    )
    given = [
        Given(local_date(submitted_at), given_on, reflected)
        for submitted_at, given_on, reflected in rows
        if submitted_at is not None
    ]
    first = datetime.combine(first_day_not_overdue(local_date(now())), time(), LOCAL_TIME)
    is_overdue = case((col(Audit.submitted_at) < first, 1), else_=0)
    waiting, overdue = session.execute(
        select_columns(func.count(), func.coalesce(func.sum(is_overdue), 0))
        .select_from(Audit)
        .outerjoin(FeedbackSheet, linked(FeedbackSheet.audit_id, Audit.id))
        .where(*of_round, col(FeedbackSheet.id).is_(None))
    ).one()
    return counts_of_feedback(given, overdue=overdue, not_due=waiting - overdue)
