"""Who is notified of an audit at the lowest rating and of its follow-up: by notices without a word of audit or case."""

import uuid
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Final

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from api.access.blindness import visible_under_blind_reading
from api.access.notified import active_people
from api.access.people import roles_with
from api.foundation import events
from api.foundation.background import total_of_each
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor, Permission, operator_of
from api.foundation.settings import Settings
from api.notices import actions as notices
from checklists.audits.follow_up import OPEN_FOLLOW_UPS, FollowUpState
from models import Audit, FollowUp, NoticeKind, Person, Role, RoleGrant, now
from models.clock import steady
from models.storage.database import Database
from models.storage.joins import linked, table_alias

KINDS: Final = (
    *(NoticeKind.LOWEST_FOUND, NoticeKind.LOWEST_TO_NOTIFY),
    *(NoticeKind.FOLLOW_UP_GIVEN, NoticeKind.FOLLOW_UP_DUE),
)
_MOST: Final = 1_000
_READS: Final = table_alias(Audit)


def notify(session: Session, found: Sequence[tuple[FollowUp, Audit]], *, by: Actor) -> None:
    """Notify the person of the rule of each of these audits now, where they may know of it, and record the day.

    Somebody who reads the case is notified once they may know of the other reading. Where it is a post, or a person who
    cannot sign in, the quality leads are asked to notify them.
    """
    able = _able(session, [each for each, _ in found], by)
    to_notify = [(each, audit) for each, audit in found if each.contact_id in able]
    notified = [(each, each.contact_id) for each, audit in _known(session, to_notify) if each.contact_id is not None]
    notices.give_many(
        session, NoticeKind.LOWEST_FOUND, [(each.audit_id, person, 1) for each, person in notified], by=by
    )
    for each, _ in notified:
        each.notified_on = local_date(now())
        session.add(each)
    session.flush()
    events.record_many(session, [events.row("audit.follow-up-notified", each.audit_id, by=by) for each, _ in notified])
    for_leads = [audit for each, audit in found if each.contact_id not in able]
    _notify_leads(session, NoticeKind.LOWEST_TO_NOTIFY, for_leads, by=by)


def _notify_leads(session: Session, kind: NoticeKind, audits: Sequence[Audit], *, by: Actor) -> None:
    """Notify the quality leads of these audits, but not of one whose case they read in its round."""
    if not audits:
        return
    leads = active_people(session, by.organisation_id, (Role.QUALITY_LEAD,))
    same_case = linked(_READS.round_id, Audit.round_id) & (col(_READS.case_file_id) == col(Audit.case_file_id))
    rows = session.execute(
        select_columns(col(Audit.id), col(_READS.auditor_id))
        .join(_READS, same_case)
        .where(
            col(Audit.organisation_id) == by.organisation_id,
            col(Audit.id).in_([each.id for each in audits]),
            col(_READS.auditor_id).in_(list(leads)),
        )
    )
    readers = {(audit_id, person_id) for audit_id, person_id in rows}
    asked = [(each.id, lead, 1) for each in audits for lead in leads if (each.id, lead) not in readers]
    notices.give_many(session, kind, asked, by=by)


def withdraw(session: Session, audit_id: uuid.UUID, *kinds: NoticeKind, by: Actor) -> None:
    """Take back notices of a follow-up, by default all of them."""
    notices.withdraw_notices(session, *(kinds or KINDS), subject_ids=[audit_id], by=by)


def _able(session: Session, found: Sequence[FollowUp], by: Actor) -> set[uuid.UUID]:
    """Who of those to be notified can sign in and read of it."""
    query = select(Person.id).join(RoleGrant, linked(RoleGrant.person_id, Person.id))
    query = query.where(
        col(Person.organisation_id) == by.organisation_id,
        col(Person.id).in_({each.contact_id for each in found if each.contact_id is not None}),
        col(Person.active),
        col(RoleGrant.role).in_(roles_with(Permission.READ_ACTIONS)),
    )
    return set(session.exec(query))


def _known(session: Session, found: Sequence[tuple[FollowUp, Audit]]) -> list[tuple[FollowUp, Audit]]:
    """The ones that the person to be notified may know of now under blind reading."""
    known: set[uuid.UUID] = set()
    for person_id in {each.contact_id for each, _ in found}:
        mine = [audit for each, audit in found if each.contact_id == person_id]
        query = select(Audit.id).where(
            col(Audit.organisation_id) == mine[0].organisation_id,
            col(Audit.id).in_([each.id for each in mine]),
            visible_under_blind_reading(person_id),
        )
        known |= set(session.exec(query))
    return [(each, audit) for each, audit in found if audit.id in known]


def notify_what_is_due(database: Database, *, today: date) -> int:
    """Notify who could not be notified before, and notify quality leads of follow-ups that are due and have no reader.

    Each in a short transaction of its own, and each once. Returns how many had a notice.
    """
    with database.reading() as session:
        waiting = session.execute(
            select_columns(col(FollowUp.organisation_id), col(FollowUp.audit_id))
            .where(_needs_a_notice(today))
            .order_by(col(FollowUp.due_on), col(FollowUp.audit_id))
            .limit(_MOST)
        ).all()
    return total_of_each(
        partial(_notify_one, database, today), waiting, failure="the notices of a follow-up were not given"
    )


def notify_now(database: Database, _: Settings) -> None:
    """The same today, as background work."""
    notify_what_is_due(database, today=local_date(steady()))


def _needs_a_notice(today: date) -> ColumnElement[bool]:
    not_notified = and_(col(FollowUp.notified_on).is_(None), col(FollowUp.contact_id).is_not(None))
    return and_(col(FollowUp.state).in_(OPEN_FOLLOW_UPS), or_(not_notified, _is_due(today)))


def _is_due(today: date) -> ColumnElement[bool]:
    return and_(
        col(FollowUp.state) == FollowUpState.WAITING, col(FollowUp.noticed_at).is_(None), col(FollowUp.due_on) <= today
    )


def _notify_one(database: Database, today: date, organisation_id: int, audit_id: uuid.UUID) -> bool:
    with database.writing() as session:
        own = (col(FollowUp.organisation_id) == organisation_id, col(FollowUp.audit_id) == audit_id)
        found = session.exec(
            select(FollowUp).where(*own, _needs_a_notice(today)).with_for_update(key_share=True, skip_locked=True)
        ).one_or_none()
        if found is None:
            return False
        operator, was_notified = operator_of(organisation_id), found.notified_on is not None
        audit = session.exec(
            select(Audit).where(col(Audit.organisation_id) == organisation_id, col(Audit.id) == audit_id)
        ).one()
        if found.notified_on is None and found.contact_id in _able(session, [found], operator):
            notify(session, [(found, audit)], by=operator)
        notified = found.notified_on is not None and not was_notified
        if found.state is FollowUpState.WAITING and found.noticed_at is None and found.due_on <= today:
            _notify_leads(session, NoticeKind.FOLLOW_UP_DUE, [audit], by=operator)
            found.noticed_at, notified = now(), True
            session.add(found)
            session.flush()
    return notified
