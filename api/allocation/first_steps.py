"""The first step of allocating audits."""

from typing import Final

from sqlmodel import Session, col, select

from api.foundation.pages.start_page import FirstStep, StepState
from api.foundation.permissions import Actor, Permission
from api.rounds.first_steps import path_in_planned_round
from models import Audit


def _allocated(session: Session, by: Actor) -> StepState:
    own = col(Audit.organisation_id) == by.organisation_id
    found = session.exec(select(Audit.id).where(own).limit(1)).first()
    return StepState(found is not None, path_in_planned_round(session, by, "proposal"))


ALLOCATION: Final = FirstStep("Allocate audits", "Each case to an auditor.", 60, Permission.ALLOCATE_AUDITS, _allocated)
