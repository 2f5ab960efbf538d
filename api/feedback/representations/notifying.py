"""Who is notified of representations: the people who may answer one, and then the person who made it."""

from sqlmodel import Session, col, select

from api.access.notified import people_beside
from api.foundation.permissions import Actor
from api.notices import actions as notices
from models import Audit, FeedbackSheet, HasSeen, NoticeKind, Representation, Role

_ANSWER = (Role.MODERATOR, Role.QUALITY_LEAD)


def notify_of_representation(session: Session, audit: Audit, *, by: Actor) -> None:
    """Notify the moderators and quality leads who may answer: nobody who read the case in the round."""
    wrote = select(HasSeen.person_id).where(
        col(HasSeen.organisation_id) == audit.organisation_id,
        col(HasSeen.round_id) == audit.round_id,
        col(HasSeen.case_file_id) == audit.case_file_id,
        col(HasSeen.wrote),
    )
    people = people_beside(session, audit, _ANSWER).keys() - set(session.exec(wrote))
    notices.give_notice(session, NoticeKind.REPRESENTATION_MADE, subject_id=audit.id, to=people, by=by)


def notify_of_answer(session: Session, audit: Audit, answered: Representation, *, by: Actor) -> None:
    """Notify the person who made the representation. When the audit has no other, nobody needs to answer any more."""
    own = (col(Representation.organisation_id) == audit.organisation_id, col(Representation.audit_id) == audit.id)
    waiting = select(Representation.theme).where(*own, col(Representation.decided_at).is_(None))
    if session.exec(waiting).first() is None:
        notices.withdraw_notices(session, NoticeKind.REPRESENTATION_MADE, subject_ids=[audit.id], by=by)
    of_audit = (col(FeedbackSheet.organisation_id) == audit.organisation_id, col(FeedbackSheet.audit_id) == audit.id)
    sheet_id = session.exec(select(FeedbackSheet.id).where(*of_audit)).one()
    to = [answered.made_by_id]
    notices.give_notice(session, NoticeKind.REPRESENTATION_ANSWERED, subject_id=sheet_id, to=to, by=by)
