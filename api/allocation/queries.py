"""How many sampled cases of a round wait for a reader, and how many were replaced."""

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from models import Audit, AuditState, Round, Sample, SampledCase, SampledState


def count_unallocated(session: Session, standing: Round) -> int:
    """How many sampled cases of a round nobody reads."""
    return _count_sampled(session, standing, SampledState.SELECTED, unread=True)


def count_replaced(session: Session, standing: Round) -> int:
    """How many sampled cases of a round were replaced from the reserve."""
    return _count_sampled(session, standing, SampledState.REPLACED)


def _count_sampled(session: Session, standing: Round, state: SampledState, *, unread: bool = False) -> int:
    own = standing.organisation_id
    query = (
        select_columns(func.count())
        .select_from(SampledCase)
        .join(Sample, (col(Sample.organisation_id) == own) & (col(Sample.id) == col(SampledCase.sample_id)))
        .where(
            col(SampledCase.organisation_id) == own,
            col(Sample.round_id) == standing.id,
            col(SampledCase.state) == state,
        )
    )
    if unread:
        read = (
            select(Audit.id)
            .where(
                col(Audit.organisation_id) == own,
                col(Audit.round_id) == standing.id,
                col(Audit.case_file_id) == col(SampledCase.case_file_id),
                col(Audit.state) != AuditState.WITHDRAWN,
            )
            .exists()
        )
        query = query.where(~read)
    return int(session.execute(query).scalar_one())
