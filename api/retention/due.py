"""Which records are no longer kept, by kind: in SQL, from the first moment that is still kept.

Nothing of a case under a legal hold goes, and nothing that somebody still works on.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlmodel import col

from api.foundation.local_time import beginning_of
from checklists.actions.action_states import CLOSED_STATES, ActionState
from checklists.retention import Period, RetentionKind
from models import (
    About,
    Action,
    Audit,
    CaseListEntry,
    ConcernState,
    Erasure,
    JointCase,
    JointRound,
    LegalHold,
    MailState,
    OutboxMessage,
    Round,
    RoundState,
    Sample,
    SampledCase,
    SignInLink,
    StoredCaseFile,
    StoredCaseList,
    UrgentConcern,
    WebSession,
)
from models.storage.joins import linked

# Of an audit that was never submitted, a proposed action goes live no more.
_ENDED: Final = (*sorted(CLOSED_STATES), ActionState.PROPOSED)


def first_kept(period: Period, today: date) -> datetime:
    """The first moment whose records are still kept today, in UTC."""
    return beginning_of(period.latest_start(today) + timedelta(days=1))


def is_held(case_file_id: Any, own: int) -> ColumnElement[bool]:
    """That the case is under a legal hold."""
    return exists().where(
        col(LegalHold.organisation_id) == own,
        col(LegalHold.case_file_id) == case_file_id,
        col(LegalHold.lifted_at).is_(None),
    )


def is_kept_audit(own: int) -> ColumnElement[bool]:
    """That an audit is kept although its period has ended: a legal hold, an open concern, an open action."""
    concern = exists().where(linked(UrgentConcern.audit_id, Audit.id), col(UrgentConcern.state) != ConcernState.CLOSED)
    action = exists().where(linked(Action.audit_id, Audit.id), col(Action.state).not_in(_ENDED))
    return or_(is_held(col(Audit.case_file_id), own), concern, action)


def is_in_use(own: int, before: datetime) -> ColumnElement[bool]:
    """That a case file is kept whatever its period.

    It has audits, is in a sample of a round that is not closed, or in a joint round that was not closed before this
    moment, is under a legal hold, or somebody has still to decide on its erasure.
    """
    audited = exists().where(linked(Audit.case_file_id, StoredCaseFile.id))
    sampled = (
        exists(select(1).select_from(SampledCase).join(Sample, linked(Sample.id, SampledCase.sample_id)))
        .where(linked(SampledCase.case_file_id, StoredCaseFile.id))
        .where(linked(Round.id, Sample.round_id), col(Round.state) != RoundState.CLOSED)
    )
    joint = (
        exists(select(1).select_from(JointCase).join(JointRound, linked(JointRound.id, JointCase.joint_round_id)))
        .where(linked(JointCase.case_file_id, StoredCaseFile.id))
        .where(or_(col(JointRound.closed_at).is_(None), col(JointRound.closed_at) >= before))
    )
    decided = exists().where(linked(Erasure.case_file_id, StoredCaseFile.id), col(Erasure.decided_at).is_(None))
    return or_(audited, sampled, joint, decided, is_held(col(StoredCaseFile.id), own))


def due_audits(own: int, before: datetime) -> Select[Any]:
    """The audits of rounds that were closed before this moment."""
    return (
        select(col(Audit.id))
        .join(Round, linked(Round.id, Audit.round_id))
        .where(
            col(Audit.organisation_id) == own,
            col(Round.state) == RoundState.CLOSED,
            col(Round.closed_at) < before,
            ~is_kept_audit(own),
        )
    )


def due_case_files(own: int, before: datetime) -> Select[Any]:
    """The case files that nothing uses, and that were on no list since this moment."""
    listed = exists(
        select(1).select_from(CaseListEntry).join(StoredCaseList, linked(StoredCaseList.id, CaseListEntry.case_list_id))
    ).where(linked(CaseListEntry.case_file_id, StoredCaseFile.id), col(StoredCaseList.taken_at) >= before)
    return select(col(StoredCaseFile.id)).where(
        col(StoredCaseFile.organisation_id) == own,
        col(StoredCaseFile.created_at) < before,
        ~listed,
        ~is_in_use(own, before),
    )


def due_sessions(own: int, before: datetime) -> Select[Any]:
    """The sessions that ended, or were last used, before this moment."""
    used = func.coalesce(col(WebSession.ended_at), col(WebSession.last_seen_at))
    return select(col(WebSession.secret_hash)).where(col(WebSession.organisation_id) == own, used < before)


def due_links(own: int, before: datetime) -> Select[Any]:
    """The sign-in links that were used, or expired, before this moment."""
    ended = func.coalesce(col(SignInLink.used_at), col(SignInLink.ended_at), col(SignInLink.expires_at))
    return select(col(SignInLink.secret_hash)).where(col(SignInLink.organisation_id) == own, ended < before)


def due_emails(own: int, before: datetime) -> Select[Any]:
    """The emails that were sent or given up before this moment, unless they would be sent again."""
    open_round = exists().where(linked(Round.id, OutboxMessage.subject_id), col(Round.state) != RoundState.CLOSED)
    open_concern = exists().where(
        linked(UrgentConcern.id, OutboxMessage.subject_id), col(UrgentConcern.state) != ConcernState.CLOSED
    )
    settled = func.coalesce(col(OutboxMessage.settled_at), col(OutboxMessage.made_at))
    return select(col(OutboxMessage.id)).where(
        col(OutboxMessage.organisation_id) == own,
        col(OutboxMessage.state).not_in((MailState.WAITING, MailState.SENDING)),
        settled < before,
        ~and_(col(OutboxMessage.about).in_((About.DUE_SOON, About.OVERDUE)), open_round),
        ~and_(col(OutboxMessage.about) == About.CONCERN, open_concern),
    )


def due_of(kind: RetentionKind, own: int, before: datetime) -> tuple[Select[Any], ...]:
    """Of a kind, the queries of the keys of what is no longer kept: one for each of its tables."""
    found: Mapping[RetentionKind, tuple[Select[Any], ...]] = {
        RetentionKind.AUDITS: (due_audits(own, before),),
        RetentionKind.CASE_FILES: (due_case_files(own, before),),
        RetentionKind.SIGN_INS: (due_sessions(own, before), due_links(own, before)),
        RetentionKind.EMAILS: (due_emails(own, before),),
    }
    return found[kind]
