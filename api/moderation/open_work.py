"""Open work of moderators: audits that they have in moderation."""

import uuid
from typing import Final

from sqlalchemy import func, select
from sqlmodel import Session, col

from api.access.blindness import visible_under_blind_reading
from api.foundation.permissions import Actor, Permission
from api.people.hooks import OpenWork, OpenWorkKind
from checklists.audits.audit_states import AuditState
from models import Audit, Moderation, Round, RoundState
from models.storage.joins import linked


def find_moderations(session: Session, person_id: uuid.UUID, by: Actor) -> list[OpenWork]:
    """How many audits a person has in moderation, by round."""
    rows = session.execute(
        select(func.count(), col(Round.title))
        .select_from(Moderation)
        .join(Audit, linked(Audit.id, Moderation.audit_id))
        .join(Round, linked(Round.id, Audit.round_id))
        .where(
            col(Moderation.organisation_id) == by.organisation_id,
            col(Moderation.moderator_id) == person_id,
            col(Audit.state) == AuditState.IN_MODERATION,
            col(Round.state) != RoundState.CLOSED,
            visible_under_blind_reading(by.person_id),
        )
        .group_by(col(Round.id), col(Round.title))
        .order_by(col(Round.id))
    )
    return [OpenWork(number, title) for number, title in rows]


MODERATIONS: Final = OpenWorkKind(
    "moderations",
    "audit in moderation",
    "audits in moderation",
    Permission.MODERATE_AUDITS,
    "Another moderator or a quality lead can take over moderation.",
    find_moderations,
)
