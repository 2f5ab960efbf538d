"""Reminders: who has audits that are due soon or overdue, each told once of each."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from checklists.audit_states import OPEN_TO_ITS_AUDITOR
from models import Audit, Person, Reminder, ReminderKind, Round, RoundState, now
from models.bulk import table_of
from models.database import Database

_REMINDERS = table_of(Reminder)
_TAKE = {
    dialect: insert(_REMINDERS).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    for dialect, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}


@dataclass(frozen=True, slots=True)
class DueReminder:
    """What somebody is to be told: how many audits, and by when. Nothing of a case, and no word that anybody wrote."""

    organisation_id: int
    round_id: uuid.UUID
    person_id: uuid.UUID
    kind: ReminderKind
    email: str
    audits: int
    due_on: date


def due(session: Session, *, today: date, days_before: int) -> Sequence[DueReminder]:
    """Everybody who is to be reminded today, and has not been: of every organisation."""
    rows = session.execute(
        select_columns(
            col(Audit.organisation_id),
            col(Audit.round_id),
            col(Person.id),
            col(Person.email),
            func.count(),
            col(Round.due_on),
        )
        .join(
            Round, (col(Round.organisation_id) == col(Audit.organisation_id)) & (col(Round.id) == col(Audit.round_id))
        )
        .join(
            Person,
            (col(Person.organisation_id) == col(Audit.organisation_id)) & (col(Person.id) == col(Audit.auditor_id)),
        )
        .where(
            col(Round.state) == RoundState.OPEN,
            col(Audit.state).in_(OPEN_TO_ITS_AUDITOR),
            col(Person.active),
            col(Round.due_on) <= today + timedelta(days=days_before),
        )
        .group_by(col(Audit.organisation_id), col(Audit.round_id), col(Person.id), col(Person.email), col(Round.due_on))
        .order_by(col(Audit.organisation_id), col(Audit.round_id), col(Person.id))
    ).all()
    sent = {
        tuple(row)
        for row in session.execute(select_columns(col(Reminder.round_id), col(Reminder.person_id), col(Reminder.kind)))
    }
    found = [
        DueReminder(
            own,
            round_id,
            person_id,
            ReminderKind.OVERDUE if due_on < today else ReminderKind.DUE_SOON,
            email,
            number,
            due_on,
        )
        for own, round_id, person_id, email, number, due_on in rows
    ]
    return [each for each in found if (each.round_id, each.person_id, each.kind) not in sent]


def take(database: Database, reminder: DueReminder) -> bool:
    """Take a reminder on, so that no other server process sends it; False when another has."""
    with database.writing() as session:
        connection = session.connection()
        row = {
            "organisation_id": reminder.organisation_id,
            "round_id": reminder.round_id,
            "person_id": reminder.person_id,
            "kind": reminder.kind,
            "sent_at": now(),
        }
        return bool(connection.execute(_TAKE[connection.dialect.name], row).rowcount)


def give_back(database: Database, reminder: DueReminder) -> None:
    """It could not be sent: let it be tried again later."""
    with database.writing() as session:
        found = session.get(Reminder, (reminder.organisation_id, reminder.round_id, reminder.person_id, reminder.kind))
        if found is not None:
            session.delete(found)
