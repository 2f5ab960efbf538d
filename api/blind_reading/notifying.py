"""Who is notified of a case read twice: its readers and moderators, and never before both readings are submitted."""

import uuid
from collections.abc import Sequence

from sqlmodel import Session, col, select

from api.access.notified import active_people, people_beside
from api.access.seen import record_complete_pairs
from api.case_files.actions import lock_case_files
from api.foundation.permissions import Actor
from api.notices import actions as notices
from checklists.audits.audit_states import AGREED_STATES, SUBMITTED_STATES, AuditState
from models import Audit, Moderation, NoticeKind, Role
from models.storage.joins import linked, table_alias

_Pair = tuple[Audit, Audit]
_FIRST, _SECOND = table_alias(Audit), table_alias(Audit)


def notify_of_pairs(session: Session, audit_ids: Sequence[uuid.UUID], by: Actor) -> None:
    """Notify the readers, and the moderators where the readings differ, of every pair that is now complete."""
    case_files = _cases_read_twice(session, audit_ids, by)
    if not case_files:
        return
    # Of two readings submitted at the same moment, the second transaction waits here and then sees the first.
    lock_case_files(session, by.organisation_id, case_files)
    record_complete_pairs(session, by.organisation_id, audit_ids)
    pairs = [pair for pair in _complete_pairs(session, audit_ids, by) if pair[0].state not in AGREED_STATES]
    if not pairs:
        return
    moderators = _moderators(session, by)
    given = []
    for first, second in pairs:
        number = differing(first, second)
        given += [(each.id, each.auditor_id, number) for each in (first, second)]
        readers = {first.auditor_id, second.auditor_id}
        given += [(first.id, person_id, number) for person_id in moderators - readers if number]
    notices.give_many(session, NoticeKind.TO_SETTLE, given, by=by)


def notify_of_proposal(session: Session, first: Audit, second: Audit, *, by: Actor) -> None:
    """Notify the other reader that a reader proposed an answer."""
    for own, other in ((first, second), (second, first)):
        if own.auditor_id == by.person_id:
            notices.give_notice(session, NoticeKind.PROPOSED, subject_id=other.id, to=[other.auditor_id], by=by)


def notify_of_settlement(session: Session, first: Audit, second: Audit, *, by: Actor) -> None:
    """Notify the readers that their case is settled, and the moderators that it waits to be signed off."""
    withdraw_to_settle(session, first.id, by)
    own = [(each.id, each.auditor_id, 1) for each in (first, second)]
    notices.give_many(session, NoticeKind.SETTLED, own, by=by)
    moderation = session.get(Moderation, (first.organisation_id, first.id))
    if moderation is not None and moderation.moderator_id is not None:
        to = {moderation.moderator_id}
    else:
        to = set(
            people_beside(session, first, (Role.MODERATOR,)) or people_beside(session, first, (Role.QUALITY_LEAD,))
        )
    notices.give_notice(session, NoticeKind.TO_SIGN_OFF, subject_id=first.id, to=to, by=by)


def withdraw_to_settle(session: Session, audit_id: uuid.UUID, by: Actor) -> None:
    """Take back what asks people to settle the case of this audit: a reading is with its auditor again, or it is done.

    Otherwise a notice would say that there is another reading, which its reader may not know then.
    """
    this = _FIRST
    of_the_case = session.exec(
        select(Audit.id)
        .join(this, linked(this.round_id, Audit.round_id) & (col(this.case_file_id) == col(Audit.case_file_id)))
        .where(col(this.organisation_id) == by.organisation_id, col(this.id) == audit_id)
    ).all()
    kinds = (NoticeKind.TO_SETTLE, NoticeKind.PROPOSED, NoticeKind.SETTLED, NoticeKind.TO_SIGN_OFF)
    notices.withdraw_notices(session, *kinds, subject_ids=of_the_case, by=by)


def differing(first: Audit, second: Audit) -> int:
    """In how many themes two submitted readings differ."""
    return sum(one != other for one, other in zip(first.answers, second.answers, strict=False))


def _moderators(session: Session, by: Actor) -> set[uuid.UUID]:
    """The moderators; the quality leads where there is none."""
    own = by.organisation_id
    return set(active_people(session, own, (Role.MODERATOR,)) or active_people(session, own, (Role.QUALITY_LEAD,)))


def _cases_read_twice(session: Session, audit_ids: Sequence[uuid.UUID], by: Actor) -> list[uuid.UUID]:
    """The case files of these audits that somebody else reads too in the same round."""
    other = _FIRST
    query = (
        select(Audit.case_file_id)
        .join(
            other,
            linked(other.round_id, Audit.round_id)
            & (col(other.case_file_id) == col(Audit.case_file_id))
            & (col(other.id) != col(Audit.id)),
        )
        .where(
            col(Audit.organisation_id) == by.organisation_id,
            col(Audit.id).in_(audit_ids),
            col(other.state) != AuditState.WITHDRAWN,
        )
    )
    return list(session.exec(query))


def _complete_pairs(session: Session, audit_ids: Sequence[uuid.UUID], by: Actor) -> list[_Pair]:
    """The pairs of submitted readings to which these audits belong, the first reading first; each once."""
    first, second = _FIRST, _SECOND
    query = (
        select(first, second)
        .join(
            second,
            linked(second.round_id, first.round_id)
            & (col(second.case_file_id) == col(first.case_file_id))
            & (col(second.reading) == 2),
        )
        .where(
            col(first.organisation_id) == by.organisation_id,
            col(first.reading) == 1,
            col(first.state).in_(SUBMITTED_STATES),
            col(second.state).in_(SUBMITTED_STATES),
            col(first.id).in_(audit_ids) | col(second.id).in_(audit_ids),
        )
        .execution_options(populate_existing=True)
    )
    return list(session.exec(query))
