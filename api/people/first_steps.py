"""First steps of an empty service: its teams and its people."""

from typing import Final

from sqlmodel import Session, col, select

from api.foundation.pages.home_page import FirstStep, StepState
from api.foundation.permissions import Actor, Permission
from models import Role, RoleGrant, Team


def _teams(session: Session, by: Actor) -> StepState:
    found = session.exec(select(Team.id).where(col(Team.organisation_id) == by.organisation_id).limit(1)).first()
    return StepState(found is not None, "/people/invite" if by.may(Permission.WRITE_PEOPLE) else "/teams")


def _people(session: Session, by: Actor) -> StepState:
    """Done when there is somebody to plan a round and somebody to audit."""
    own = col(RoleGrant.organisation_id) == by.organisation_id
    roles = set(session.exec(select(col(RoleGrant.role)).where(own).distinct()))
    return StepState({Role.AUDITOR, Role.QUALITY_LEAD} <= roles, "/people/invite")


TEAMS: Final = FirstStep("Add teams", "The teams whose cases you audit.", 10, Permission.WRITE_TEAMS, _teams)
PEOPLE: Final = FirstStep(
    "Invite people", "At least 1 quality lead and 1 auditor.", 20, Permission.WRITE_PEOPLE, _people
)
