"""Notices of joint rounds: to people who answer for agencies, and to quality leads when every agency has answered."""

import uuid
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from api.access.notified import active_people
from api.foundation.background import total_of_each
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor, operator_of
from api.foundation.settings import Settings
from api.notices.actions import give_notice, give_notices, withdraw_notices
from models import (
    AgencyMember,
    JointCase,
    JointCaseState,
    JointPart,
    JointReminder,
    JointReminderKind,
    JointRound,
    JointRoundState,
    NoticeKind,
    PartState,
    Role,
)
from models.clock import steady
from models.storage.database import Database
from models.storage.joins import linked

_TO_ANSWER: Final = (NoticeKind.JOINT_ALLOCATED, NoticeKind.JOINT_DUE_SOON, NoticeKind.JOINT_OVERDUE)
_NOTICES: Final = {
    JointReminderKind.DUE_SOON: NoticeKind.JOINT_DUE_SOON,
    JointReminderKind.OVERDUE: NoticeKind.JOINT_OVERDUE,
}


def notify_of_allocation(
    session: Session,
    joint_round: JointRound,
    *,
    auditor_id: uuid.UUID,
    number: int,
    before: Collection[uuid.UUID],
    by: Actor,
) -> None:
    """Notify a person of the number of parts that are now theirs. `before`: the people who had them until now."""
    if number:
        give_notice(
            session, NoticeKind.JOINT_ALLOCATED, subject_id=joint_round.id, to=[auditor_id], by=by, number=number
        )
    for person_id in before:
        withdraw_when_answered(session, joint_round.id, person_id, by=by)


def withdraw_when_answered(session: Session, joint_round_id: uuid.UUID, person_id: uuid.UUID, *, by: Actor) -> None:
    """Take back what asks a person to answer, once no part of the joint round waits for them."""
    if person_id not in _waiting_parts(session, by.organisation_id, joint_round_id):
        withdraw_notices(session, *_TO_ANSWER, subject_ids=[joint_round_id], by=by, person_id=person_id)


def notify_of_return(session: Session, part: JointPart, joint_round_id: uuid.UUID, *, by: Actor) -> None:
    """Notify quality leads when the part was the last of its case to be returned."""
    withdraw_notices(session, NoticeKind.JOINT_GIVEN_BACK, subject_ids=[part.id], by=by)
    if part.auditor_id is not None:
        withdraw_when_answered(session, joint_round_id, part.auditor_id, by=by)
    waiting = select(JointPart.id).where(
        col(JointPart.organisation_id) == by.organisation_id,
        col(JointPart.joint_case_id) == part.joint_case_id,
        col(JointPart.state) == PartState.DRAFT,
    )
    if session.exec(waiting.limit(1)).first() is None:
        leads = active_people(session, by.organisation_id, (Role.QUALITY_LEAD,))
        give_notice(session, NoticeKind.JOINT_RETURNED, subject_id=part.joint_case_id, to=leads.keys(), by=by)


def notify_of_giving_back(session: Session, part: JointPart, *, by: Actor) -> None:
    """Notify the auditor of a part that they can change it again."""
    withdraw_notices(session, NoticeKind.JOINT_RETURNED, subject_ids=[part.joint_case_id], by=by)
    if part.auditor_id is not None:
        give_notice(session, NoticeKind.JOINT_GIVEN_BACK, subject_id=part.id, to=[part.auditor_id], by=by)


def notify_of_panel(session: Session, case: JointCase, parts: Sequence[JointPart], *, by: Actor) -> None:
    """Notify the auditors who now read the whole case, and withdraw the notices about its parts."""
    withdraw_notices(session, NoticeKind.JOINT_RETURNED, subject_ids=[case.id], by=by)
    withdraw_notices(session, NoticeKind.JOINT_GIVEN_BACK, subject_ids=[part.id for part in parts], by=by)
    for person_id in {part.auditor_id for part in parts if part.state is PartState.NOT_RETURNED and part.auditor_id}:
        withdraw_when_answered(session, case.joint_round_id, person_id, by=by)
    readers = {part.auditor_id for part in parts if part.state is PartState.SUBMITTED and part.known}
    to = [person_id for person_id in readers if person_id is not None]
    give_notice(session, NoticeKind.JOINT_PANEL_OPEN, subject_id=case.id, to=to, by=by)


def withdraw_of_closed(session: Session, joint_round: JointRound, cases: Sequence[JointCase], *, by: Actor) -> None:
    """Take back every notice that asks for something in a joint round, because it is closed."""
    withdraw_notices(session, *_TO_ANSWER, subject_ids=[joint_round.id], by=by)
    case_ids = [case.id for case in cases]
    parts = session.exec(
        select(JointPart.id).where(
            col(JointPart.organisation_id) == by.organisation_id, col(JointPart.joint_case_id).in_(case_ids)
        )
    ).all()
    withdraw_notices(
        session, NoticeKind.JOINT_RETURNED, NoticeKind.JOINT_GIVEN_BACK, subject_ids=[*case_ids, *parts], by=by
    )


def give_due_reminders(database: Database, *, today: date, days_before: int) -> int:
    """Remind everybody with parts that are due within `days_before` days, or overdue: once of each.

    Each joint round in a short transaction of its own. Returns how many reminders were given.
    """
    with database.reading() as session:
        due = session.execute(
            select_columns(col(JointRound.organisation_id), col(JointRound.id), col(JointRound.due_on))
            .where(_needs_a_reminder(today, days_before))
            .order_by(col(JointRound.organisation_id), col(JointRound.id))
        ).all()
    return total_of_each(
        _remind,
        (
            (database, organisation_id, joint_round_id, _kind_on(today, due_on))
            for organisation_id, joint_round_id, due_on in due
        ),
        failure="the reminders of a joint round were not given",
    )


def give_due_reminders_now(database: Database, settings: Settings) -> None:
    """Give the reminders that are due today, as background work."""
    give_due_reminders(database, today=local_date(steady()), days_before=settings.reminder_days)


def _kind_on(today: date, due_on: date) -> JointReminderKind:
    return JointReminderKind.OVERDUE if due_on < today else JointReminderKind.DUE_SOON


def _needs_a_reminder(today: date, days_before: int) -> ColumnElement[bool]:
    def is_given(kind: JointReminderKind) -> ColumnElement[bool]:
        of_it = linked(JointReminder.joint_round_id, JointRound.id)
        return exists().where(of_it, col(JointReminder.kind) == kind).correlate(JointRound)

    is_overdue = col(JointRound.due_on) < today
    is_soon = and_(~is_overdue, col(JointRound.due_on) <= today + timedelta(days=days_before))
    return and_(
        col(JointRound.state) == JointRoundState.OPEN,
        or_(
            and_(is_overdue, ~is_given(JointReminderKind.OVERDUE)),
            and_(is_soon, ~is_given(JointReminderKind.DUE_SOON)),
        ),
    )


def _remind(database: Database, organisation_id: int, joint_round_id: uuid.UUID, kind: JointReminderKind) -> int:
    with database.writing(organisation_id) as session:
        own = (col(JointRound.organisation_id) == organisation_id, col(JointRound.id) == joint_round_id)
        is_open = col(JointRound.state) == JointRoundState.OPEN
        locked = select(JointRound.id).where(*own, is_open).with_for_update(key_share=True, skip_locked=True)
        if session.exec(locked).one_or_none() is None:
            return 0
        if session.get(JointReminder, (organisation_id, joint_round_id, kind)) is not None:
            return 0
        waiting = _waiting_parts(session, organisation_id, joint_round_id)
        session.add(JointReminder(organisation_id=organisation_id, joint_round_id=joint_round_id, kind=kind))
        operator = operator_of(organisation_id)
        give_notices(session, _NOTICES[kind], subject_id=joint_round_id, numbers=waiting, by=operator)
        if kind is JointReminderKind.OVERDUE:
            withdraw_notices(session, NoticeKind.JOINT_DUE_SOON, subject_ids=[joint_round_id], by=operator)
    return len(waiting)


def _waiting_parts(session: Session, organisation_id: int, joint_round_id: uuid.UUID) -> dict[uuid.UUID, int]:
    """How many parts of a joint round wait for each person who still belongs to the agency."""
    rows = session.execute(
        select_columns(col(JointPart.auditor_id), func.count())
        .join(JointCase, linked(JointCase.id, JointPart.joint_case_id))
        .join(
            AgencyMember,
            and_(
                linked(AgencyMember.agency_id, JointPart.agency_id),
                col(AgencyMember.person_id) == col(JointPart.auditor_id),
            ),
        )
        .where(
            col(JointPart.organisation_id) == organisation_id,
            col(JointCase.joint_round_id) == joint_round_id,
            col(JointCase.state) == JointCaseState.COLLECTING,
            col(JointPart.state) == PartState.DRAFT,
        )
        .group_by(col(JointPart.auditor_id))
    )
    return {person_id: number for person_id, number in rows if person_id is not None}
