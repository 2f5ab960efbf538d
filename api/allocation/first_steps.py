"""The first step of allocating audits."""

from typing import Final

from sqlmodel import Session, col, select

from api.foundation.pages.home_page import FirstStep, StepState
from api.foundation.permissions import Actor, Permission
from api.rounds.first_steps import path_in_planned_round
from models import Audit, Sample


def _allocated(session: Session, by: Actor) -> StepState:
    own = col(Audit.organisation_id) == by.organisation_id
    found = session.exec(select(Audit.id).where(own).limit(1)).first()
    sampled = session.exec(
        select(Sample.id)
        .where(col(Sample.organisation_id) == by.organisation_id, col(Sample.round_id).is_not(None))
        .limit(1)
    ).first()
    page = "allocate" if sampled is None else "proposal"
    return StepState(found is not None, path_in_planned_round(session, by, page))


ALLOCATION: Final = FirstStep("Allocate audits", "Each case to an auditor.", 60, Permission.ALLOCATE_AUDITS, _allocated)
