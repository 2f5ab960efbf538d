"""Notices of actions: to their owner, and where nothing happens to others. They hold no word of an action or a case."""

import uuid
from collections.abc import Collection

from sqlmodel import Session, col, select

from api.access.concerns import reads_case_of
from api.foundation.permissions import Actor
from api.notices import actions as notices
from models import Action, Audit, NoticeKind

_KINDS = (
    *(NoticeKind.ACTION_GIVEN, NoticeKind.ACTION_DUE_SOON),
    *(NoticeKind.ACTION_OVERDUE, NoticeKind.ACTION_ESCALATED),
)


def notify_owner(session: Session, action: Action, audit: Audit | None, *, by: Actor) -> None:
    """Notify the owner of an action that it is theirs."""
    if action.owner_id is not None:
        notify(session, NoticeKind.ACTION_GIVEN, action, audit, [action.owner_id], by=by)


def notify(
    session: Session, kind: NoticeKind, action: Action, audit: Audit | None, to: Collection[uuid.UUID], *, by: Actor
) -> None:
    """Give these people a notice about an action, but not readers of its case, who would learn of another reading."""
    told = [each for each in to if audit is None or not reads_case_of(session, each, audit)]
    notices.give_notice(session, kind, subject_id=action.id, to=told, by=by)


def withdraw(session: Session, action: Action, *, by: Actor, person_id: uuid.UUID | None = None) -> None:
    """Take back the notices of an action that is done or not pursued, or is somebody else's."""
    notices.withdraw_notices(session, *_KINDS, subject_ids=[action.id], by=by, person_id=person_id)


def audit_of(session: Session, action: Action) -> Audit | None:
    """The audit of a child-level action."""
    if action.audit_id is None:
        return None
    own = (col(Audit.organisation_id) == action.organisation_id, col(Audit.id) == action.audit_id)
    return session.exec(select(Audit).where(*own)).one()
