"""The trail of events, as administrators read it: who did what to which record, and never any text."""

import uuid
from collections.abc import Sequence

from sqlmodel import Session, col, select

from api.foundation.permissions import Actor, Permission, check_may
from models import Event


def list_events(
    session: Session,
    *,
    by: Actor,
    limit: int,
    before: int | None = None,
    kind: str | None = None,
    subject_id: uuid.UUID | None = None,
) -> Sequence[Event]:
    """Events of the organisation, newest first, from the one before the event `before`."""
    check_may(by, Permission.READ_EVENTS)
    query = select(Event).where(col(Event.organisation_id) == by.organisation_id)
    if before is not None:
        query = query.where(col(Event.number) < before)
    if kind is not None:
        query = query.where(col(Event.kind) == kind)
    if subject_id is not None:
        query = query.where(col(Event.subject_id) == subject_id)
    return session.exec(query.order_by(col(Event.number).desc()).limit(limit)).all()
