"""The progress of audits, for the system that sent the cases."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import case, select
from sqlmodel import Session, col

from api.access.blindness import visible_under_blind_reading
from api.foundation.permissions import Actor
from models import Audit, CaseFile
from models.storage.joins import linked


def list_statuses(
    session: Session, *, by: Actor, limit: int, after: uuid.UUID | None = None, round_id: uuid.UUID | None = None
) -> Sequence[Any]:
    """Rows of audits in the order of creation: id, round_id, reference, reading and state."""
    # Asked of each audit that is shown: joined, SQLite would read every case file first.
    reference = select(col(CaseFile.reference)).where(linked(CaseFile.id, Audit.case_file_id)).correlate(Audit)
    query = (
        select(
            col(Audit.id),
            col(Audit.round_id),
            reference.scalar_subquery().label("reference"),
            # Not shown for one's own audits: see `reading_shown`.
            case((col(Audit.auditor_id) == by.person_id, None), else_=col(Audit.reading)).label("reading"),
            col(Audit.state),
        )
        .where(col(Audit.organisation_id) == by.organisation_id, visible_under_blind_reading(by.person_id))
        .order_by(col(Audit.id))
    )
    if round_id is not None:
        query = query.where(col(Audit.round_id) == round_id)
    if after is not None:
        query = query.where(col(Audit.id) > after)
    return session.execute(query.limit(limit)).all()
