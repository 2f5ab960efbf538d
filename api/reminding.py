"""Reminding: telling auditors by e-mail how many audits are due, and nothing of any case."""

import logging
from datetime import date

from api import mail
from api.actions import reminders
from api.actions.reminders import DueReminder
from api.settings import Settings
from models import ReminderKind
from models.database import Database


def remind(database: Database, settings: Settings, *, today: date) -> int:
    """Send what is due today, each reminder once; how many were sent. Sends nothing without a mail server.

    What the mail server does not take is tried again the next time.
    """
    if not settings.smtp_host:
        return 0
    with database.reading() as session:
        found = reminders.due(session, today=today, days_before=settings.reminder_days)
    sent = 0
    for reminder in found:
        if not reminders.take(database, reminder):
            continue
        try:
            mail.send(settings, to=reminder.email, subject=subject_of(reminder), body=body_of(reminder, settings))
        except mail.MailNotSentError as error:
            reminders.give_back(database, reminder)
            logging.getLogger("caseaudit").warning("a reminder was not sent: %s", error)
            break
        sent += 1
    return sent


def subject_of(reminder: DueReminder) -> str:
    """What stands in a list of mails: that something is due, and nothing else."""
    return "Audits overdue" if reminder.kind is ReminderKind.OVERDUE else "Audits due soon"


def body_of(reminder: DueReminder, settings: Settings) -> str:
    """How many, by when, and where to sign in."""
    audits = "1 audit" if reminder.audits == 1 else f"{reminder.audits} audits"
    day = f"{reminder.due_on.day} {reminder.due_on:%B %Y}"
    when = f"was due on {day}" if reminder.kind is ReminderKind.OVERDUE else f"is due on {day}"
    if reminder.audits != 1:
        when = when.replace("was", "were").replace("is due", "are due")
    return (
        f"You have {audits} that {when}.\n\n"
        f"Sign in to see what there is to do: {settings.public_address.rstrip('/')}/audits\n\n"
        "If you cannot finish in time, tell your quality lead.\n"
    )
