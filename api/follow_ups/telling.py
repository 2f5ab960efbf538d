"""Who is told of an audit at the lowest rating and of its follow-up: by notices without a word of audit or case."""

import logging
import uuid
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from api.access.blindness import visible_under_blind_reading
from api.access.notified import people_beside
from api.access.people import roles_with
from api.foundation import events
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor, Permission, operator_of
from api.foundation.settings import Settings
from api.notices import actions as notices
from checklists.audits.follow_up import OPEN_FOLLOW_UPS, FollowUpState
from models import Audit, FollowUp, NoticeKind, Person, Role, RoleGrant, now
from models.clock import steady
from models.storage.database import Database
from models.storage.joins import linked

KINDS: Final = (
    *(NoticeKind.LOWEST_FOUND, NoticeKind.LOWEST_TO_TELL),
    *(NoticeKind.FOLLOW_UP_GIVEN, NoticeKind.FOLLOW_UP_DUE),
)
_MOST: Final = 1_000


def tell(session: Session, found: FollowUp, audit: Audit, *, by: Actor) -> None:
    """Tell the person of the rule now, where they may know of the audit; record that they were told.

    Somebody who reads the case is told once they may know of the other reading. Where a post is to be told, or a person
    who cannot sign in, the quality leads are asked to.
    """
    if found.told_id is not None and _can_sign_in(session, found):
        if _may_know(session, found.told_id, audit):
            notices.give_notice(session, NoticeKind.LOWEST_FOUND, subject_id=audit.id, to=[found.told_id], by=by)
            found.told_on = local_date(now())
            session.add(found)
            session.flush()
            events.record(session, "audit.follow-up-told", audit.id, by=by)
        return
    leads = people_beside(session, audit, (Role.QUALITY_LEAD,))
    notices.give_notice(session, NoticeKind.LOWEST_TO_TELL, subject_id=audit.id, to=leads.keys(), by=by)


def withdraw(session: Session, audit_id: uuid.UUID, *kinds: NoticeKind, by: Actor) -> None:
    """Take back notices of a follow-up, by default all of them."""
    notices.withdraw_notices(session, *(kinds or KINDS), subject_ids=[audit_id], by=by)


def _can_sign_in(session: Session, found: FollowUp) -> bool:
    roles = roles_with(Permission.READ_ACTIONS)
    query = select(Person.id).join(RoleGrant, linked(RoleGrant.person_id, Person.id))
    query = query.where(
        col(Person.organisation_id) == found.organisation_id,
        col(Person.id) == found.told_id,
        col(Person.active),
        col(RoleGrant.role).in_(roles),
    )
    return session.exec(query).first() is not None


def _may_know(session: Session, person_id: uuid.UUID, audit: Audit) -> bool:
    """Whether blind reading lets a person know of an audit now."""
    own = (col(Audit.organisation_id) == audit.organisation_id, col(Audit.id) == audit.id)
    return session.exec(select(Audit.id).where(*own, visible_under_blind_reading(person_id))).first() is not None


def tell_what_is_due(database: Database, *, today: date) -> int:
    """Tell who could not be told before, and notify quality leads of follow-ups that are due and have no reader.

    Each in a short transaction of its own, and each once. Returns how many had a notice.
    """
    with database.reading() as session:
        waiting = session.execute(
            select_columns(col(FollowUp.organisation_id), col(FollowUp.audit_id))
            .where(_has_something_to_tell(today))
            .order_by(col(FollowUp.due_on), col(FollowUp.audit_id))
            .limit(_MOST)
        ).all()
    number = 0
    for organisation_id, audit_id in waiting:
        try:
            number += _tell_one(database, organisation_id, audit_id, today)
        except Exception:
            logging.getLogger("caseaudit").exception("the notices of a follow-up were not given")
    return number


def tell_now(database: Database, _: Settings) -> None:
    """The same today, as background work."""
    tell_what_is_due(database, today=local_date(steady()))


def _has_something_to_tell(today: date) -> ColumnElement[bool]:
    untold = and_(col(FollowUp.told_on).is_(None), col(FollowUp.told_id).is_not(None))
    return and_(col(FollowUp.state).in_(OPEN_FOLLOW_UPS), or_(untold, _is_due(today)))


def _is_due(today: date) -> ColumnElement[bool]:
    return and_(
        col(FollowUp.state) == FollowUpState.WAITING, col(FollowUp.noticed_at).is_(None), col(FollowUp.due_on) <= today
    )


def _tell_one(database: Database, organisation_id: int, audit_id: uuid.UUID, today: date) -> bool:
    with database.writing() as session:
        own = (col(FollowUp.organisation_id) == organisation_id, col(FollowUp.audit_id) == audit_id)
        found = session.exec(
            select(FollowUp)
            .where(*own, _has_something_to_tell(today))
            .with_for_update(key_share=True, skip_locked=True)
        ).one_or_none()
        if found is None:
            return False
        operator = operator_of(organisation_id)
        audit = session.exec(
            select(Audit).where(col(Audit.organisation_id) == organisation_id, col(Audit.id) == audit_id)
        ).one()
        told = False
        if found.told_on is None and found.told_id is not None and _can_sign_in(session, found):
            tell(session, found, audit, by=operator)
            told = found.told_on is not None
        if found.state is FollowUpState.WAITING and found.noticed_at is None and found.due_on <= today:
            leads = people_beside(session, audit, (Role.QUALITY_LEAD,))
            notices.give_notice(session, NoticeKind.FOLLOW_UP_DUE, subject_id=audit_id, to=leads.keys(), by=operator)
            found.noticed_at, told = now(), True
            session.add(found)
            session.flush()
    return told
