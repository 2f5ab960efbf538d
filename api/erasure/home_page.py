"""Erasures that wait for a second person, on the home page."""

from collections.abc import Sequence

from sqlmodel import Session

from api.erasure.actions import list_erasures
from api.foundation.pages.home_page import Task
from api.foundation.permissions import Actor, Permission
from checklists.plurals import plural


def erasures_to_confirm(session: Session, by: Actor) -> Sequence[Task]:
    """How many erasures this person may confirm or decline."""
    if not by.may(Permission.REDACT_AUDITS):
        return []
    number = sum(each.may_decide for each in list_erasures(session, by=by))
    return [Task(f"{plural(number, 'erasure')} to confirm", "/erasures")] if number else []
