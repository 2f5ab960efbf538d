"""Messages of webhooks that were not delivered, on the home page."""

from collections.abc import Sequence

from sqlmodel import Session

from api.foundation.pages.home_page import Task
from api.foundation.permissions import Actor, Permission
from api.webhooks.queries import count_parked
from checklists.plurals import plural


def messages_not_delivered(session: Session, by: Actor) -> Sequence[Task]:
    """How many messages were given up until somebody has them sent again."""
    number = count_parked(session, by=by) if by.may(Permission.WRITE_WEBHOOKS) else 0
    return [Task(f"{plural(number, 'webhook message')} not delivered", "/webhooks")] if number else []
