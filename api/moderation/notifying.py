"""Who is notified of moderation: the auditor of its outcome, and the people who have to answer or decide."""

import uuid

from sqlmodel import Session, col, select

from api.access.notified import people_beside
from api.blind_reading.notifying import withdraw_to_settle
from api.foundation.permissions import Actor
from api.notices import actions as notices
from models import Audit, Comment, Moderation, NoticeKind, Reopening, Role

_DECIDE = (Role.MODERATOR, Role.QUALITY_LEAD)


def notify_of_agreement(session: Session, audit: Audit, *, by: Actor) -> None:
    """Notify the auditor that the audit is agreed, with how many of their answers changed."""
    changed = sum(one != other for one, other in zip(audit.answers, audit.agreed_answers, strict=True))
    withdraw_to_settle(session, audit.id, by)
    _notify(session, NoticeKind.AGREED, audit, {audit.auditor_id}, by, number=changed)


def notify_of_sign_off(session: Session, audit: Audit, *, by: Actor) -> None:
    """Notify the auditor that the audit is signed off; nobody needs to sign it any more."""
    notices.withdraw_notices(session, NoticeKind.TO_SIGN_OFF, subject_ids=[audit.id], by=by)
    _notify(session, NoticeKind.SIGNED_OFF, audit, {audit.auditor_id}, by)


def notify_of_request(session: Session, audit: Audit, *, by: Actor) -> None:
    """Notify the people who may decide on a request to reopen the audit."""
    _notify(session, NoticeKind.REOPENING_ASKED, audit, set(people_beside(session, audit, _DECIDE)), by)


def notify_of_decision(session: Session, audit: Audit, asked: Reopening, *, by: Actor) -> None:
    """Notify the person who asked; when it is reopened, also its auditor and the moderator who goes on."""
    notices.withdraw_notices(session, NoticeKind.REOPENING_ASKED, subject_ids=[audit.id], by=by)
    if not asked.confirmed:
        _notify(session, NoticeKind.REOPENING_REFUSED, audit, {asked.asked_by_id}, by)
        return
    over = (NoticeKind.AGREED, NoticeKind.SIGNED_OFF, NoticeKind.TO_SIGN_OFF)
    notices.withdraw_notices(session, *over, subject_ids=[audit.id], by=by)
    _notify(session, NoticeKind.REOPENED, audit, {asked.asked_by_id, audit.auditor_id, *_moderator(session, audit)}, by)


def notify_of_comment(session: Session, audit: Audit, comment: Comment, *, by: Actor) -> None:
    """Notify the auditor, the moderator who has the audit, and everybody who wrote in the same thread."""
    wrote = session.exec(
        select(Comment.author_id).where(
            col(Comment.organisation_id) == audit.organisation_id, col(Comment.thread_id) == comment.thread_id
        )
    )
    _notify(session, NoticeKind.COMMENTED, audit, {audit.auditor_id, *wrote, *_moderator(session, audit)}, by)


def _notify(
    session: Session, kind: NoticeKind, audit: Audit, people: set[uuid.UUID], by: Actor, *, number: int = 1
) -> None:
    notices.give_notice(session, kind, subject_id=audit.id, to=people, by=by, number=number)


def _moderator(session: Session, audit: Audit) -> set[uuid.UUID]:
    found = session.get(Moderation, (audit.organisation_id, audit.id))
    return {found.moderator_id} if found is not None and found.moderator_id is not None else set()
