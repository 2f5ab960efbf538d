"""Notices of links and roles that an administrator makes: to the person, and to those who may confirm it."""

import uuid
from collections.abc import Collection

from sqlmodel import Session

from api.foundation.permissions import Actor
from api.notices.actions import give_notice, withdraw_notices
from models import NoticeKind


def notify_of_request(
    session: Session, request_id: uuid.UUID | None, person_id: uuid.UUID, others: Collection[uuid.UUID], by: Actor
) -> None:
    """Notify the person, and where it waits those who may confirm it. Without a request it took effect at once."""
    give_notice(session, NoticeKind.ACCESS_ASKED, subject_id=person_id, to=[person_id], by=by)
    if request_id is not None:
        give_notice(session, NoticeKind.ACCESS_WAITS, subject_id=request_id, to=others, by=by)
    else:
        give_notice(session, NoticeKind.ACCESS_MADE, subject_id=person_id, to=others, by=by)


def withdraw_request(session: Session, request_id: uuid.UUID, by: Actor) -> None:
    """Withdraw the notices that ask people to confirm a request: somebody has decided."""
    withdraw_notices(session, NoticeKind.ACCESS_WAITS, subject_ids=[request_id], by=by)
