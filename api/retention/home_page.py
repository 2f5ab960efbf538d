"""Shorter retention periods that wait for a second person, on the home page."""

from collections.abc import Sequence

from sqlmodel import Session

from api.foundation.pages.home_page import Task
from api.foundation.permissions import Actor, Permission
from api.retention.actions import list_changes
from checklists.plurals import plural


def periods_to_confirm(session: Session, by: Actor) -> Sequence[Task]:
    """How many shorter periods this person may confirm or decline."""
    if not by.may(Permission.REDACT_AUDITS):
        return []
    number = sum(not each.why_not_decide for each in list_changes(session, by=by))
    return [Task(f"{plural(number, 'shorter retention period')} to confirm", "/retention")] if number else []
