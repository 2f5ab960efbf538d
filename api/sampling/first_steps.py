"""The first step of drawing a sample."""

from typing import Final

from sqlmodel import Session, col, select

from api.foundation.pages.start_page import FirstStep, StepState
from api.foundation.permissions import Actor, Permission
from api.rounds.first_steps import path_in_planned_round
from models import Audit, Sample


def _sample(session: Session, by: Actor) -> StepState:
    """Done when a sample is drawn, or when cases were allocated without one."""
    found = [
        session.exec(select(table.id).where(col(table.organisation_id) == by.organisation_id).limit(1)).first()
        for table in (Sample, Audit)
    ]
    return StepState(any(found), path_in_planned_round(session, by, "samples/new"))


SAMPLE: Final = FirstStep(
    "Draw a sample", "Cases chosen at random from the case list.", 50, Permission.WRITE_ROUNDS, _sample
)
