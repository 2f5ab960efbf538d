"""What people confirm for each other, on the home page."""

from collections.abc import Sequence

from sqlmodel import Session

from api.foundation.pages.home_page import Task
from api.foundation.permissions import Actor, Permission
from api.people.access.actions import list_waiting
from api.people.second_factor.queries import is_missing
from api.people.second_factor.sealing import Owner
from checklists.plurals import plural


def second_factor_to_set_up(session: Session, by: Actor) -> Sequence[Task]:
    """A second factor that a role of this person needs, and that they do not have."""
    if by.proof is not None and by.proof.by_provider:
        return []
    if by.person_id is None or not is_missing(session, Owner(by.organisation_id, by.person_id)):
        return []
    hint = "Your roles need one the next time you sign in."
    return [Task("Set up a second factor", "/account/second-factor", hint=hint)]


def access_to_confirm(session: Session, by: Actor) -> Sequence[Task]:
    """Requests for access that this person can confirm or decline."""
    if not by.may(Permission.READ_AUDITS):
        return []
    number = sum(waiting.may_decide for waiting in list_waiting(session, by=by))
    words = plural(number, "request for access to confirm", "requests for access to confirm")
    return [Task(words, "/access")] if number else []
