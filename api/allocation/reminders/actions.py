"""Reminders: people with audits that are due soon or overdue are reminded once of each."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from api.access.people import can_still
from api.foundation.background import total_of_each
from api.foundation.local_time import local_date
from api.foundation.outbox import queue as outbox
from api.foundation.permissions import Permission
from api.foundation.settings import Settings
from checklists.audits.audit_states import EDITABLE_STATES
from models import About, Audit, OutboxMessage, Person, Round, RoundState
from models.clock import steady
from models.storage.database import Database
from models.storage.joins import linked


@dataclass(frozen=True, slots=True)
class DueReminder:
    """The content of a reminder: how many audits, and by when. Nothing of a case, and no text that a person wrote."""

    about: About
    audits: int
    due_on: date


def queue_due_reminders(database: Database, *, today: date, days_before: int) -> int:
    """Queue the reminders of today, for every open round; returns how many were queued.

    Each round separately: one that cannot be read is logged, and does not delay the others.
    """
    with database.reading() as session:
        rounds = session.execute(
            select_columns(col(Round.organisation_id), col(Round.id), col(Round.due_on))
            .where(col(Round.state) == RoundState.OPEN, col(Round.due_on) <= today + timedelta(days=days_before))
            .order_by(col(Round.organisation_id), col(Round.id))
        ).all()
    return total_of_each(
        _put_of_round,
        (
            (database, organisation_id, round_id, about_of(due_on, today=today))
            for organisation_id, round_id, due_on in rounds
        ),
        failure="the reminders of a round were not put into the outbox",
    )


def about_of(due_on: date, *, today: date) -> About:
    """The kind of reminder that is due today in a round with this due date."""
    return About.OVERDUE if due_on < today else About.DUE_SOON


def still_due(
    session: Session,
    *,
    organisation_id: int,
    round_id: uuid.UUID,
    person_id: uuid.UUID,
    about: About,
    today: date,
) -> DueReminder | None:
    """The reminder as of now; None when it is no longer needed: all submitted, closed, or overdue by now."""
    found = session.get(Round, (organisation_id, round_id))
    if found is None or found.state is not RoundState.OPEN or about is not about_of(found.due_on, today=today):
        return None
    audits = session.execute(
        select_columns(func.count())
        .select_from(Audit)
        .where(*_open_audits(organisation_id, round_id), col(Audit.auditor_id) == person_id)
    ).scalar_one()
    return DueReminder(about, audits, found.due_on) if audits else None


def _put_of_round(database: Database, organisation_id: int, round_id: uuid.UUID, about: About) -> int:
    with database.reading() as session:
        people = _to_be_reminded(session, organisation_id, round_id, about)
    if people:
        with database.writing() as session:
            outbox.queue_reminders(
                session, organisation_id=organisation_id, round_id=round_id, about=about, people=people
            )
    return len(people)


def _to_be_reminded(session: Session, organisation_id: int, round_id: uuid.UUID, about: About) -> Sequence[uuid.UUID]:
    known = select(OutboxMessage.person_id).where(
        col(OutboxMessage.organisation_id) == organisation_id,
        col(OutboxMessage.subject_id) == round_id,
        col(OutboxMessage.about) == about,
    )
    query = (
        select(Person.id)
        .join(Audit, linked(Audit.auditor_id, Person.id))
        .where(*_open_audits(organisation_id, round_id), col(Person.id).not_in(known))
        .distinct()
        .order_by(col(Person.id))
    )
    return session.exec(query).all()


def _open_audits(organisation_id: int, round_id: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Audit.organisation_id) == organisation_id,
        col(Audit.round_id) == round_id,
        col(Audit.state).in_(EDITABLE_STATES),
        # Who has left, or is no longer an auditor, is not reminded: their audits wait to be reallocated.
        can_still(Audit.auditor_id, Permission.SCORE_AUDITS),
    )


def queue_reminders_due_now(database: Database, settings: Settings) -> None:
    """Queue the reminders that are due today, as background work."""
    queue_due_reminders(database, today=local_date(steady()), days_before=settings.reminder_days)
