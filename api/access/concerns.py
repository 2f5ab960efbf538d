"""What a person asked about an urgent concern may read besides it: the rule in Python, and the same rule in SQL."""

import uuid

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlmodel import Session, col

from api.foundation.permissions import Actor, Permission
from models import Audit, AuditState, ConcernState, UrgentConcern
from models.storage.joins import table_alias

_OWN_READING = table_alias(Audit)


def may_read_basis(actor: Actor, concern: UrgentConcern, *, reads_case: bool) -> bool:
    """Whether a concern lets the person read the facts of the case and the answers that the concern names.

    The person asked to act, or who acknowledged it, whatever the state of the audit, until the concern is closed. Not a
    person who reads the case in that round: they have the concern alone.
    """
    return (
        actor.person_id is not None
        and actor.organisation_id == concern.organisation_id
        and actor.may(Permission.READ_AUDITS)
        and actor.person_id in {concern.person_id, concern.acknowledged_by_id}
        and concern.state is not ConcernState.CLOSED
        and not reads_case
    )


def concerns_with_basis(actor: Actor) -> ColumnElement[bool]:
    """The SQL condition of `may_read_basis`, for a concern that is joined with its audit."""
    if actor.person_id is None or not actor.may(Permission.READ_AUDITS):
        return false()
    own = _OWN_READING
    reads_case = (
        select(col(own.id))
        .where(
            col(own.organisation_id) == col(Audit.organisation_id),
            col(own.round_id) == col(Audit.round_id),
            col(own.case_file_id) == col(Audit.case_file_id),
            col(own.auditor_id) == actor.person_id,
            col(own.state) != AuditState.WITHDRAWN,
        )
        .exists()
    )
    return and_(
        col(UrgentConcern.organisation_id) == actor.organisation_id,
        or_(
            col(UrgentConcern.person_id) == actor.person_id,
            col(UrgentConcern.acknowledged_by_id) == actor.person_id,
        ),
        col(UrgentConcern.state) != ConcernState.CLOSED,
        ~reads_case,
    )


def reads_case(session: Session, actor: Actor, audit: Audit) -> bool:
    """Whether the person reads the case of this audit in its round."""
    return actor.person_id is not None and reads_case_of(session, actor.person_id, audit)


def reads_case_of(session: Session, person_id: uuid.UUID, audit: Audit) -> bool:
    """The same for a person who does nothing now, such as one to be notified."""
    query = select(col(Audit.id)).where(
        col(Audit.organisation_id) == audit.organisation_id,
        col(Audit.round_id) == audit.round_id,
        col(Audit.case_file_id) == audit.case_file_id,
        col(Audit.auditor_id) == person_id,
        col(Audit.state) != AuditState.WITHDRAWN,
    )
    return session.execute(query.limit(1)).first() is not None
