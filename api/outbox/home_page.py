"""Emails that could not be sent, on the home page."""

from collections.abc import Sequence

from sqlmodel import Session

from api.foundation.outbox.queue import count_parked
from api.foundation.pages.home_page import Task
from api.foundation.permissions import Actor, Permission
from checklists.plurals import plural


def mails_not_sent(session: Session, by: Actor) -> Sequence[Task]:
    """How many emails were given up until somebody has them sent again."""
    number = count_parked(session, by=by) if by.may(Permission.WRITE_OUTBOX) else 0
    return [Task(f"{plural(number, 'email')} not sent", "/outbox")] if number else []
