"""Open work of readers: double readings that are not settled."""

import uuid
from typing import Final

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from api.access.blindness import visible_under_blind_reading
from api.foundation.permissions import Actor, Permission
from api.people.hooks import OpenWork, OpenWorkKind
from checklists.audits.audit_states import SUBMITTED_STATES, AuditState
from models import Audit, Round, RoundState
from models.storage.joins import linked, table_alias

_SECOND: Final = table_alias(Audit)


def find_readings_to_settle(session: Session, person_id: uuid.UUID, by: Actor) -> list[OpenWork]:
    """How many double readings a person has to settle with the other reader, by round."""
    rows = session.execute(
        select(func.count(), col(Round.title))
        .select_from(Audit)
        .join(
            _SECOND,
            linked(_SECOND.round_id, Audit.round_id)
            & (col(_SECOND.case_file_id) == col(Audit.case_file_id))
            & (col(_SECOND.reading) == 2),
        )
        .join(Round, linked(Round.id, Audit.round_id))
        .where(
            col(Audit.organisation_id) == by.organisation_id,
            or_(col(Audit.auditor_id) == person_id, col(_SECOND.auditor_id) == person_id),
            col(Audit.reading) == 1,
            col(Audit.state).in_([AuditState.SUBMITTED, AuditState.IN_MODERATION]),
            col(_SECOND.state).in_(SUBMITTED_STATES),
            col(Round.state) != RoundState.CLOSED,
            visible_under_blind_reading(by.person_id),
        )
        .group_by(col(Round.id), col(Round.title))
        .order_by(col(Round.id))
    )
    return [OpenWork(number, title) for number, title in rows]


READINGS_TO_SETTLE: Final = OpenWorkKind(
    "readings",
    "double reading to agree",
    "double readings to agree",
    Permission.SCORE_AUDITS,
    "A moderator or quality lead who has not read the case can agree them.",
    find_readings_to_settle,
    path="/audits",
)
