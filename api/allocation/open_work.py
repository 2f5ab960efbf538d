"""Open work of auditors: audits to score, finish or correct, of rounds that are not closed."""

import uuid
from typing import Final

from sqlalchemy import func, select
from sqlmodel import Session, col

from api.access.blindness import visible_under_blind_reading
from api.foundation.permissions import Actor, Permission
from api.people.hooks import OpenWork, OpenWorkKind
from checklists.audits.audit_states import EDITABLE_STATES
from models import Audit, Round, RoundState
from models.storage.joins import linked


def find_audits_to_finish(session: Session, person_id: uuid.UUID, by: Actor) -> list[OpenWork]:
    """How many audits a person has to finish, first and second readings alike, by round."""
    rows = session.execute(
        select(func.count(), col(Round.title))
        .select_from(Audit)
        .join(Round, linked(Round.id, Audit.round_id))
        .where(
            col(Audit.organisation_id) == by.organisation_id,
            col(Audit.auditor_id) == person_id,
            col(Audit.state).in_(EDITABLE_STATES),
            col(Round.state) != RoundState.CLOSED,
            visible_under_blind_reading(by.person_id),
        )
        .group_by(col(Round.id), col(Round.title))
        .order_by(col(Round.id))
    )
    return [OpenWork(number, title) for number, title in rows]


AUDITS_TO_FINISH: Final = OpenWorkKind(
    "audits",
    "audit to finish",
    "audits to finish",
    Permission.SCORE_AUDITS,
    "A quality lead must reallocate these audits before they can be finished. The round page lists them.",
    find_audits_to_finish,
)
