"""Queries of what is waiting to be allocated in a round: sampled cases, and case files."""

import uuid
from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from api.foundation.permissions import Actor
from checklists.audits.audit_states import SUBMITTED_STATES
from models import Audit, AuditState, CaseFile, Round, Sample, SampledCase, SampledState
from models.storage.joins import linked, table_alias


def count_unallocated(session: Session, audit_round: Round) -> int:
    """How many sampled cases of a round nobody reads."""
    return _count_sampled(session, audit_round, SampledState.SELECTED, unread=True)


def first_unallocated(session: Session, audit_round: Round, *, limit: int) -> list[str]:
    """The references of the first sampled cases of a round that nobody reads."""
    own = audit_round.organisation_id
    query = (
        select_columns(col(CaseFile.reference))
        .join(SampledCase, linked(SampledCase.case_file_id, CaseFile.id))
        .where(*_sampled(audit_round, SampledState.SELECTED, unread=True), col(CaseFile.organisation_id) == own)
        .order_by(col(CaseFile.reference))
        .limit(limit)
    )
    return list(session.execute(query).scalars())


def count_replaced(session: Session, audit_round: Round) -> int:
    """How many sampled cases of a round were replaced from the reserve."""
    return _count_sampled(session, audit_round, SampledState.REPLACED)


def _count_sampled(session: Session, audit_round: Round, state: SampledState, *, unread: bool = False) -> int:
    query = select_columns(func.count()).select_from(SampledCase).where(*_sampled(audit_round, state, unread=unread))
    return int(session.execute(query).scalar_one())


def _sampled(audit_round: Round, state: SampledState, *, unread: bool) -> list[ColumnElement[bool]]:
    own = audit_round.organisation_id
    samples = select(Sample.id).where(col(Sample.organisation_id) == own, col(Sample.round_id) == audit_round.id)
    where = [
        col(SampledCase.organisation_id) == own,
        col(SampledCase.sample_id).in_(samples),
        col(SampledCase.state) == state,
    ]
    if unread:
        read = (
            select(Audit.id)
            .where(
                col(Audit.organisation_id) == own,
                col(Audit.round_id) == audit_round.id,
                col(Audit.case_file_id) == col(SampledCase.case_file_id),
                col(Audit.state) != AuditState.WITHDRAWN,
            )
            .exists()
        )
        where.append(~read)
    return where


def case_files_to_allocate(
    session: Session,
    audit_round: Round,
    *,
    by: Actor,
    reading: int,
    limit: int,
    after: uuid.UUID | None = None,
    team_id: uuid.UUID | None = None,
    status: str | None = None,
    previous: bool = False,
) -> Sequence[CaseFile]:
    """The case files waiting for a first or a second reading in a round, in the order of creation.

    With `previous`, only the ones that were read in the round before.
    """
    query = (
        select(CaseFile)
        .where(col(CaseFile.organisation_id) == by.organisation_id, _waits_for(audit_round, reading, by))
        .order_by(col(CaseFile.id))
    )
    if team_id is not None:
        query = query.where(col(CaseFile.team_id) == team_id)
    if status is not None:
        query = query.where(col(CaseFile.status) == status)
    if previous:
        query = query.where(_was_read(audit_round))
    if after is not None:
        query = query.where(col(CaseFile.id) > after)
    return session.exec(query.limit(limit)).all()


_AUDIT: Final = table_alias(Audit)


def _was_read(audit_round: Round) -> ColumnElement[bool]:
    """The files with a submitted audit in the round before; empty without a round before."""
    return (
        select(_AUDIT.id)
        .where(
            col(_AUDIT.organisation_id) == col(CaseFile.organisation_id),
            col(_AUDIT.round_id) == audit_round.follows_id,
            col(_AUDIT.case_file_id) == col(CaseFile.id),
            col(_AUDIT.state).in_(SUBMITTED_STATES),
        )
        .exists()
    )


def _waits_for(audit_round: Round, reading: int, actor: Actor) -> ColumnElement[bool]:
    """The files that nobody reads in this round, or the ones with a first reading and no second.

    Without files that the actor reads: see `access.blindness.check_is_not_reader`.
    """

    def is_read(which: ColumnElement[bool]) -> ColumnElement[bool]:
        return (
            select(_AUDIT.id)
            .where(
                col(_AUDIT.organisation_id) == col(CaseFile.organisation_id),
                col(_AUDIT.round_id) == audit_round.id,
                col(_AUDIT.case_file_id) == col(CaseFile.id),
                which,
                col(_AUDIT.state) != AuditState.WITHDRAWN,
            )
            .exists()
        )

    first, second = is_read(col(_AUDIT.reading) == 1), is_read(col(_AUDIT.reading) == 2)
    return ~is_read(col(_AUDIT.auditor_id) == actor.person_id) & (~first if reading == 1 else first & ~second)
