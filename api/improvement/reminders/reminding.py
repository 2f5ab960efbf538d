"""Reminders of actions: to the owner before and after the due date, then to their head of service, then to leads.

A head of service is a person with the role action owner who is responsible for a team that the action is about.
"""

import uuid
from collections.abc import Collection
from datetime import date, timedelta
from typing import Final

from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from api.access.notified import active_people
from api.foundation import events
from api.foundation.background import total_of_each
from api.foundation.local_time import local_date
from api.foundation.permissions import operator_of
from api.foundation.settings import Settings
from api.improvement.reminders.notifying import audit_of, notify
from checklists.actions.reminders import Reminder, reminder_due, reminders_missed
from models import Action, ActionState, ActionTeam, Audit, NoticeKind, Role, TeamMember
from models.clock import steady
from models.storage.database import Database

# More calendar days than DAYS_BEFORE working days can ever be.
_LOOK_AHEAD: Final = timedelta(days=14)
_MOST: Final = 1000
_AT_WORK: Final = (ActionState.AGREED, ActionState.IN_PROGRESS)
_KINDS: Final = {
    Reminder.DUE_SOON: NoticeKind.ACTION_DUE_SOON,
    Reminder.OVERDUE: NoticeKind.ACTION_OVERDUE,
    Reminder.HEADS: NoticeKind.ACTION_ESCALATED,
    Reminder.LEADS: NoticeKind.ACTION_ESCALATED,
}


def give_reminders(database: Database, *, today: date) -> int:
    """Give the reminders of this day, each once for a due date; returns how many actions had one.

    Each action in a short transaction of its own: one that cannot be reminded of does not delay the others.
    """
    with database.reading() as session:
        rows = session.execute(
            select_columns(col(Action.organisation_id), col(Action.id), col(Action.due_on), col(Action.reminded))
            .where(
                col(Action.state).in_(_AT_WORK),
                col(Action.reminded) != Reminder.LEADS,
                col(Action.due_on) <= today + _LOOK_AHEAD,
            )
            .order_by(col(Action.due_on))
            .limit(_MOST)
        ).all()
    due = (
        (database, organisation_id, action_id, today)
        for organisation_id, action_id, due_on, given in rows
        if reminders_missed(given, reminder_due(due_on, today=today))
    )
    return total_of_each(_remind, due, failure="the reminders of an action were not given")


def give_reminders_now(database: Database, _: Settings) -> None:
    """Give the reminders of today, as background work."""
    give_reminders(database, today=local_date(steady()))


def _remind(database: Database, organisation_id: int, action_id: uuid.UUID, today: date) -> bool:
    with database.writing() as session:
        own = (col(Action.organisation_id) == organisation_id, col(Action.id) == action_id)
        action = session.exec(
            select(Action)
            .where(*own, col(Action.state).in_(_AT_WORK))
            .with_for_update(key_share=True, skip_locked=True)
        ).one_or_none()
        if action is None:
            return False
        due = reminder_due(action.due_on, today=today)
        missed = reminders_missed(action.reminded, due)
        operator, audit = operator_of(organisation_id), audit_of(session, action)
        for reminder in missed:
            notify(session, _KINDS[reminder], action, audit, _people(session, action, audit, reminder), by=operator)
        if missed:
            action.reminded = due
            session.add(action)
            session.flush()
            # `overdue`: once for a due date, however many people are reminded of it one after another.
            details = {"reminder": due.value, **({"overdue": True} if Reminder.OVERDUE in missed else {})}
            events.record(session, "action.reminded", action.id, by=operator, details=details)
    return bool(missed)


def _people(session: Session, action: Action, audit: Audit | None, reminder: Reminder) -> Collection[uuid.UUID]:
    """Whom a reminder goes to. The owner is not notified that somebody else's action is overdue."""
    if reminder in {Reminder.DUE_SOON, Reminder.OVERDUE}:
        return [action.owner_id] if action.owner_id is not None else []
    if reminder is Reminder.LEADS:
        found = set(active_people(session, action.organisation_id, (Role.QUALITY_LEAD,)))
    else:
        found = set(active_people(session, action.organisation_id, (Role.ACTION_OWNER,)))
        found &= _responsible(session, action, audit)
    return found - {action.owner_id}


def _responsible(session: Session, action: Action, audit: Audit | None) -> set[uuid.UUID]:
    """The people who are responsible for a team of a practice action. Of a child-level action there is nobody: they do
    not see it.
    """
    if audit is not None:
        return set()
    of_team = select(ActionTeam.team_id).where(
        col(ActionTeam.organisation_id) == action.organisation_id, col(ActionTeam.action_id) == action.id
    )
    own = (col(TeamMember.organisation_id) == action.organisation_id, col(TeamMember.team_id).in_(of_team))
    return set(session.exec(select(TeamMember.person_id).where(*own)))
