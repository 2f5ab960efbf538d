"""Audits that wait for a moderator or for sign-off, on the home page."""

from collections.abc import Sequence

from sqlmodel import Session

from api.foundation.pages.home_page import Task
from api.foundation.permissions import Actor, Permission
from api.moderation.queries import count_waiting
from checklists.plurals import plural


def audits_to_check(session: Session, by: Actor) -> Sequence[Task]:
    """How many audits wait in this person's queue."""
    if not by.may(Permission.MODERATE_AUDITS):
        return []
    number = count_waiting(session, by=by)
    words = f"{plural(number, 'audit')} to moderate or sign off"
    return [Task(words, "/moderation")] if number else []
