"""The emails that remind auditors: how many audits are due, by when, and where to sign in."""

from datetime import date

from sqlmodel import Session

from api.allocation.reminders import actions as reminders
from api.allocation.reminders.actions import DueReminder
from api.foundation.outbox.letters import Letter
from api.foundation.outbox.queue import Claim
from api.foundation.settings import Settings
from api.people.key_holder.queries import key_holder_of
from checklists.plurals import plural
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
    if due is None:
        return None
    key_holder = key_holder_of(session, claimed.organisation_id)
    return Letter(_subject(due), _body(due, settings, key_holder.words))


def _subject(due: DueReminder) -> str:
    """The subject: only that something is due."""
    return "Audits overdue" if due.about is About.OVERDUE else "Audits due soon"


def _body(due: DueReminder, settings: Settings, key_holder: str) -> str:
    """How many, by when, where to sign in, and who finds the files."""
    audits = plural(due.audits, "audit")
    day = f"{due.due_on.day} {due.due_on:%B %Y}"
    tense = {About.OVERDUE: ("was", "were")}.get(due.about, ("is", "are"))
    are = tense[0] if due.audits == 1 else tense[1]
    ask = f"To find a child’s file from its reference, ask {key_holder}.\n\n" if key_holder else ""
    return (
        f"You have {audits} that {are} due on {day}.\n\nSign in to see your audits: "
        f"{settings.public_address.rstrip('/')}/audits\n\n{ask}If you cannot finish in time, tell your "
        "quality lead.\n"
    )
