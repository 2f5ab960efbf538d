"""What people confirm for each other, on the start page."""

from collections.abc import Sequence

from sqlmodel import Session

from api.foundation.pages.start_page import Task
from api.foundation.permissions import Actor, Permission
from api.people.access.actions import list_waiting


def access_to_confirm(session: Session, by: Actor) -> Sequence[Task]:
    """Requests for access that this person can confirm or decline."""
    if not by.may(Permission.READ_AUDITS):
        return []
    number = sum(waiting.may_decide for waiting in list_waiting(session, by=by))
    words = "1 request for access to confirm" if number == 1 else f"{number} requests for access to confirm"
    return [Task(words, "/access")] if number else []
