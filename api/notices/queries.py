"""A person's own notices, as far as they may know now what each is about."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, false, func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from api.access.audits import readable_audits
from api.access.blindness import visible_under_blind_reading
from api.access.joint import own_parts, readable_joint_cases
from api.foundation.permissions import Actor, Permission
from api.foundation.problems import NotFound
from api.notices.kinds import KINDS, Kind, Subject, kinds_of
from models import (
    Audit,
    CaseFile,
    FeedbackSheet,
    JointCase,
    JointCaseState,
    JointPart,
    JointRound,
    JointRoundState,
    Notice,
    NoticeKind,
    Round,
    RoundState,
)
from models.storage.joins import linked

MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class ShownNotice:
    """A notice, and the name of its subject: a round's title, or a case file's reference."""

    notice: Notice
    name: str

    @property
    def kind(self) -> Kind:
        return KINDS[self.notice.kind]

    @property
    def text(self) -> str:
        return self.kind.text(self.notice.number, self.name)

    @property
    def path(self) -> str:
        return self.kind.path_of(self.notice.subject_id)


def visible_notices(
    session: Session,
    *,
    by: Actor,
    unread: bool = False,
    before: tuple[datetime, uuid.UUID] | None = None,
    limit: int = MOST_AT_ONCE,
) -> list[ShownNotice]:
    """One's own notices, the newest first, without those about what one may not read or can no longer act on.

    `before`: only those older than the one of this time and identifier.
    """
    conditions: list[ColumnElement[bool]] = [col(Notice.read_at).is_(None)] if unread else []
    if before is not None:
        made_at, identifier = before
        older = and_(col(Notice.made_at) == made_at, col(Notice.id) < identifier)
        conditions.append(or_(col(Notice.made_at) < made_at, older))
    return _found(session, by, *conditions, limit=limit)


def find_notice(session: Session, *, notice_id: uuid.UUID, by: Actor) -> ShownNotice:
    """One's own notice. Raises NotFound, also for one about what the actor may not read."""
    found = _found(session, by, col(Notice.id) == notice_id, limit=1)
    if not found:
        raise NotFound("notice")
    return found[0]


def _found(session: Session, by: Actor, *conditions: ColumnElement[bool], limit: int) -> list[ShownNotice]:
    rows = session.execute(
        select_columns(Notice, func.coalesce(_reference(), col(Round.title), ""))
        .outerjoin(Audit, linked(Audit.id, Notice.subject_id))
        .outerjoin(
            Round,
            and_(
                col(Round.organisation_id) == col(Notice.organisation_id),
                col(Round.id) == func.coalesce(col(Audit.round_id), col(Notice.subject_id)),
            ),
        )
        .where(
            col(Notice.organisation_id) == by.organisation_id,
            col(Notice.person_id) == by.person_id,
            _may_know(by),
            or_(col(Notice.kind).in_(_FOR_INFORMATION), col(Round.state) == RoundState.OPEN),
            *conditions,
        )
        .order_by(col(Notice.made_at).desc(), col(Notice.id).desc())
        .limit(limit)
        .execution_options(populate_existing=True)
    ).all()
    return [ShownNotice(notice, name) for notice, name in rows]


def _reference() -> ColumnElement[str]:
    """The reference of an audit's case, asked of each notice: joined, SQLite would read every case file first."""
    of_case = select_columns(col(CaseFile.reference)).where(linked(CaseFile.id, Audit.case_file_id))
    return of_case.correlate(Audit).scalar_subquery()


def _may_know(by: Actor) -> ColumnElement[bool]:
    """The condition under which the actor may still know of the subject of a notice."""
    of_round = col(Notice.kind).in_(kinds_of(Subject.ROUND)) if by.may(Permission.SCORE_AUDITS) else false()
    of_concern = col(Notice.kind).in_(kinds_of(Subject.CONCERN)) if by.may(Permission.READ_AUDITS) else false()
    of_audit = and_(col(Notice.kind).in_(kinds_of(Subject.AUDIT)), col(Audit.id).is_not(None), readable_audits(by))
    of_action = col(Notice.kind).in_(kinds_of(Subject.ACTION)) if by.may(Permission.READ_ACTIONS) else false()
    of_feedback = and_(col(Notice.kind).in_(kinds_of(Subject.FEEDBACK)), _is_of_visible_feedback(by))
    of_follow_up = and_(
        col(Notice.kind).in_(kinds_of(Subject.FOLLOW_UP)),
        col(Audit.id).is_not(None),
        visible_under_blind_reading(by.person_id),
    )
    planned = (*kinds_of(Subject.PLANNED_ROUND), *kinds_of(Subject.PROGRAMME_LINE))
    of_programme = col(Notice.kind).in_(planned) if by.may(Permission.WRITE_ROUNDS) else false()
    of_person = col(Notice.kind).in_(kinds_of(Subject.PERSON))
    return or_(
        of_round, of_concern, of_audit, of_action, of_feedback, of_follow_up, of_programme, _of_joint(by), of_person
    )


def _of_joint(by: Actor) -> ColumnElement[bool]:
    """Of a joint audit: what concerns parts that the actor still answers for, and cases whose panel they may see."""
    if by.may(Permission.WRITE_JOINT_PARTS):
        of_round = and_(
            col(Notice.kind).in_(kinds_of(Subject.JOINT_ROUND)),
            exists()
            .where(
                own_parts(by),
                linked(JointCase.id, JointPart.joint_case_id),
                linked(JointCase.joint_round_id, Notice.subject_id),
            )
            .correlate(Notice),
        )
        of_part = and_(
            col(Notice.kind).in_(kinds_of(Subject.JOINT_PART)),
            exists().where(own_parts(by), linked(JointPart.id, Notice.subject_id)).correlate(Notice),
        )
    else:
        of_round = of_part = false()
    if by.may(Permission.WRITE_JOINT_ROUNDS):
        waits = and_(linked(JointCase.id, Notice.subject_id), col(JointCase.state) == JointCaseState.COLLECTING)
        is_returned = and_(col(Notice.kind) == NoticeKind.JOINT_RETURNED, exists().where(waits).correlate(Notice))
        to_open = and_(linked(JointRound.id, Notice.subject_id), col(JointRound.state) == JointRoundState.PLANNED)
        is_planned = and_(col(Notice.kind) == NoticeKind.JOINT_PLANNED, exists().where(to_open).correlate(Notice))
    else:
        is_returned = is_planned = false()
    is_open = and_(
        col(Notice.kind) == NoticeKind.JOINT_PANEL_OPEN,
        exists().where(linked(JointCase.id, Notice.subject_id), readable_joint_cases(by)).correlate(Notice),
    )
    return or_(of_round, of_part, is_planned, is_returned, is_open)


def _is_of_visible_feedback(by: Actor) -> ColumnElement[bool]:
    """Whether the feedback that a notice is about is on an audit that blind reading does not hide from the actor."""
    if not by.may(Permission.WRITE_REPRESENTATIONS):
        return false()
    return (
        exists()
        .where(
            linked(FeedbackSheet.id, Notice.subject_id),
            linked(Audit.id, FeedbackSheet.audit_id),
            visible_under_blind_reading(by.person_id),
        )
        .correlate(Notice)
    )


_FOR_INFORMATION = [kind for kind, about in KINDS.items() if not about.asks]
