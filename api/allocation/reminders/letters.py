"""The e-mails that remind auditors: how many audits are due, by when, and where to sign in."""

from datetime import date

from sqlmodel import Session

from api.allocation.reminders import actions as reminders
from api.allocation.reminders.actions import DueReminder
from api.foundation.outbox.letters import Letter
from api.foundation.outbox.queue import Claim
from api.foundation.settings import Settings
from models import About


def write(session: Session, claimed: Claim, settings: Settings, today: date) -> Letter | None:
    """The letter; None when nothing is due any more."""
    due = reminders.still_due(
        session,
        organisation_id=claimed.organisation_id,
        round_id=claimed.subject_id,
        person_id=claimed.person_id,
        about=claimed.about,
        today=today,
    )
    return None if due is None else Letter(_subject(due), _body(due, settings))


def _subject(due: DueReminder) -> str:
    """The subject: only that something is due."""
    return "Audits overdue" if due.about is About.OVERDUE else "Audits due soon"


def _body(due: DueReminder, settings: Settings) -> str:
    """How many, by when, and where to sign in."""
    audits = "1 audit" if due.audits == 1 else f"{due.audits} audits"
    day = f"{due.due_on.day} {due.due_on:%B %Y}"
    tense = {About.OVERDUE: ("was", "were")}.get(due.about, ("is", "are"))
    are = tense[0] if due.audits == 1 else tense[1]
    return (
        f"You have {audits} that {are} due on {day}.\n\nSign in to see your audits: "
        f"{settings.public_address.rstrip('/')}/audits\n\nIf you cannot finish in time, tell your "
        "quality lead.\n"
    )
