"""When an action reminds and escalates: by its due date and working days, never by the clock."""

from datetime import date
from enum import StrEnum
from typing import Final

from checklists.actions.working_days import working_days_between

# Working days before the due date on which the owner is reminded.
DAYS_BEFORE: Final = 3
# Working days after the due date from which others are notified.
TO_HEADS_AFTER: Final = 5
TO_LEADS_AFTER: Final = 10


class Reminder(StrEnum):
    """What has been said about a due date: each goes further than the one before."""

    NONE = "none"
    # To the owner.
    DUE_SOON = "due-soon"
    OVERDUE = "overdue"
    # To the heads of service of the teams that it is about.
    HEADS = "heads-of-service"
    # To the quality leads.
    LEADS = "quality-leads"


_ORDER: Final = tuple(Reminder)


def reminder_due(due_on: date, *, today: date) -> Reminder:
    """How far the reminders of an action with this due date have come today, if it is not done."""
    if today > due_on:
        late = working_days_between(due_on, today)
        if late >= TO_LEADS_AFTER:
            return Reminder.LEADS
        return Reminder.HEADS if late >= TO_HEADS_AFTER else Reminder.OVERDUE
    return Reminder.DUE_SOON if working_days_between(today, due_on) <= DAYS_BEFORE else Reminder.NONE


def reminders_missed(given: Reminder, due: Reminder) -> tuple[Reminder, ...]:
    """The reminders after the last one given, up to the one that is due.

    An owner is not notified that something overdue is due soon.
    """
    missed = _ORDER[_ORDER.index(given) + 1 : _ORDER.index(due) + 1]
    return tuple(each for each in missed if each is not Reminder.DUE_SOON or due is Reminder.DUE_SOON)
