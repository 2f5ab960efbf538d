"""Open work of people who were asked about an urgent concern."""

import uuid
from typing import Final

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from api.access.blindness import visible_under_blind_reading
from api.concerns.queries import OPEN
from api.foundation.permissions import Actor, Permission
from api.people.hooks import OpenWork, OpenWorkKind
from models import Audit, Round, UrgentConcern
from models.storage.joins import linked


def find_concerns_to_act_on(session: Session, person_id: uuid.UUID, by: Actor) -> list[OpenWork]:
    """How many open concerns a person was asked about or has acknowledged, by round."""
    rows = session.execute(
        select(func.count(), col(Round.title))
        .select_from(UrgentConcern)
        .join(Audit, linked(Audit.id, UrgentConcern.audit_id))
        .join(Round, linked(Round.id, Audit.round_id))
        .where(
            col(UrgentConcern.organisation_id) == by.organisation_id,
            or_(col(UrgentConcern.person_id) == person_id, col(UrgentConcern.acknowledged_by_id) == person_id),
            col(UrgentConcern.state).in_(OPEN),
            visible_under_blind_reading(by.person_id),
        )
        .group_by(col(Round.id), col(Round.title))
        .order_by(col(Round.id))
    )
    return [OpenWork(number, title) for number, title in rows]


CONCERNS_TO_ACT_ON: Final = OpenWorkKind(
    "concerns",
    "urgent concern to act on",
    "urgent concerns to act on",
    # Moderators and quality leads are asked.
    Permission.MODERATE_AUDITS,
    "The quality leads are notified immediately.",
    find_concerns_to_act_on,
    path="/concerns",
)
