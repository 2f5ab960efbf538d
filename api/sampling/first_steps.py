"""The first step of drawing a sample."""

from typing import Final

from sqlmodel import Session, col, select

from api.foundation.pages.home_page import FirstStep, StepState
from api.foundation.permissions import Actor, Permission
from api.rounds.first_steps import path_in_planned_round
from models import Audit, CaseFile, CaseList, Sample


def _sample(session: Session, by: Actor) -> StepState:
    """Done when a sample is drawn, or when cases were allocated without one. Needs a case list to draw from."""
    own = by.organisation_id
    of_rounds = select(Sample.id).where(col(Sample.organisation_id) == own, col(Sample.round_id).is_not(None)).limit(1)
    has_samples = session.exec(of_rounds).first()
    has_audits, has_lists, has_cases = (
        session.exec(select(table.id).where(col(table.organisation_id) == own).limit(1)).first()
        for table in (Audit, CaseList, CaseFile)
    )
    is_done = bool(has_samples or has_audits)
    path = path_in_planned_round(session, by, "samples/new")
    return StepState(is_done, path, is_needed=bool(has_lists or not has_cases))


SAMPLE: Final = FirstStep(
    "Draw a sample", "Cases chosen at random from the case list.", 50, Permission.WRITE_ROUNDS, _sample
)
