"""First steps of an empty service: a planned round, and an open one."""

import uuid
from typing import Final

from sqlmodel import Session, col, select

from api.foundation.pages.home_page import FirstStep, StepState
from api.foundation.permissions import Actor, Permission
from models import Round, RoundState

NO_ROUND: Final = "/rounds/new"


def path_in_planned_round(session: Session, by: Actor, part: str) -> str:
    """A page of the round that was planned last; without one, the page for planning a round."""
    planned = _round_id(session, by, RoundState.PLANNED)
    return NO_ROUND if planned is None else f"/rounds/{planned}/{part}"


def _round(session: Session, by: Actor) -> StepState:
    planned = _round_id(session, by, RoundState.PLANNED)
    if planned is not None:
        return StepState(is_done=True, path=f"/rounds/{planned}")
    return StepState(_is_opened(session, by), NO_ROUND)


def _opened(session: Session, by: Actor) -> StepState:
    return StepState(_is_opened(session, by), path_in_planned_round(session, by, "open"))


def _is_opened(session: Session, by: Actor) -> bool:
    return _round_id(session, by, RoundState.OPEN, RoundState.CLOSED) is not None


def _round_id(session: Session, by: Actor, *states: RoundState) -> uuid.UUID | None:
    own = (col(Round.organisation_id) == by.organisation_id, col(Round.state).in_(states))
    return session.exec(select(Round.id).where(*own).order_by(col(Round.id).desc()).limit(1)).first()


ROUND: Final = FirstStep(
    "Plan a round", "The template, the period under review and the due date.", 40, Permission.WRITE_ROUNDS, _round
)
OPEN: Final = FirstStep("Open the round", "Auditors can then score their audits.", 70, Permission.WRITE_ROUNDS, _opened)
