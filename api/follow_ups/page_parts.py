"""What follow-ups add to other pages: the link on an audit's page, and tasks of the home page."""

from collections.abc import Sequence

from sqlmodel import Session

from api.audits.hooks import AuditLink, ShownAudit
from api.follow_ups.queries import count_to_do, needs_follow_up
from api.foundation.pages.home_page import Task
from api.foundation.permissions import Actor, Permission
from checklists.audits.follow_up import FollowUpState
from checklists.plurals import plural


def link_to_follow_up(seen: ShownAudit) -> AuditLink | None:
    """The link to the follow-up of an audit, for people who may know of it."""
    audit_id = seen.found.audit.id
    if not seen.actor.may(Permission.READ_ACTIONS) or not needs_follow_up(seen.session, audit_id, by=seen.actor):
        return None
    return AuditLink("Follow-up", f"/audits/{audit_id}/follow-up")


def follow_ups_to_do(session: Session, by: Actor) -> Sequence[Task]:
    """The follow-ups that a person reads, and for quality leads the ones that are due without a reader."""
    if by.person_id is None or not by.may(Permission.READ_ACTIONS):
        return []
    found = count_to_do(session, by)
    words = {FollowUpState.ALLOCATED: "to do", FollowUpState.WAITING: "due without a reader"}
    return [
        Task(f"{plural(number, 'follow-up')} {words[state]}", "/follow-ups") for state, number in sorted(found.items())
    ]
