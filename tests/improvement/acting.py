"""Actions for tests, planned and moved on by the actions that people use."""

import uuid
from dataclasses import replace
from datetime import timedelta

from api.foundation.local_time import local_date
from api.improvement import actions
from api.improvement.actions import MoveDetails
from api.improvement.planning import ActionPlan
from checklists.actions.action_states import ActionMove
from models import Action, ActionCause, EvidenceKind, Role, TeamMember, now
from tests.desk import Desk
from tests.factories import MadePerson, a_person, an_actor

WORDS = "Every plan names who does what by when."
SEEN = "Eight of ten plans name who does what."


def an_owner(desk: Desk, *, team: uuid.UUID | None = None, name: str = "Olu") -> MadePerson:
    """A team manager who owns actions."""
    made = a_person(desk.database, desk.cast.organisation, name=name, roles={Role.ACTION_OWNER})
    with desk.database.writing() as session:
        own = desk.cast.organisation.id
        session.add(TeamMember(organisation_id=own, person_id=made.id, team_id=team or desk.team_id))
    return made


def a_plan(owner: MadePerson | None, **changes: object) -> ActionPlan:
    """A plan that is complete: due in 30 days, for the whole service."""
    today = local_date(now())
    plan = ActionPlan(
        words=WORDS,
        cause=ActionCause.OTHER,
        why="Plans lack dates and names.",
        owner_id=owner.id if owner else None,
        owner_post="" if owner else "Head of Service, Assessment",
        due_on=today + timedelta(days=30),
        measure=SEEN,
        measure_from=EvidenceKind.DIP_SAMPLE,
        measure_by=today + timedelta(days=90),
        steps=("Write a guide", "Train the team"),
    )
    return replace(plan, **changes)  # type: ignore[arg-type]


def planned(desk: Desk, plan: ActionPlan, by: MadePerson | None = None) -> uuid.UUID:
    """A proposed practice action of a quality lead."""
    lead = an_actor(by or desk.cast.lena)
    with desk.database.reading() as session:
        finding = actions.prepare_action(session, plan=plan, by=lead)
    with desk.database.writing() as session:
        return actions.propose_action(session, plan=plan, finding=finding, by=lead).id


def details_of(move: ActionMove) -> MoveDetails:
    """What each move needs to say."""
    if move in {ActionMove.CONFIRM_IMPACT, ActionMove.SEE_NO_IMPACT}:
        return MoveDetails(SEEN, EvidenceKind.DIP_SAMPLE, local_date(now()))
    return MoveDetails("The guide was written and read.")


def moved(desk: Desk, action_id: uuid.UUID, *moves: ActionMove, by: MadePerson | None = None) -> None:
    """Move an action on, by default as the quality lead."""
    for move in moves:
        with desk.database.writing() as session:
            actions.move_action(
                session,
                action_id=action_id,
                move=move,
                details=details_of(move),
                version=stored(desk, action_id).version,
                by=an_actor(by or desk.cast.lena),
            )


def stored(desk: Desk, action_id: uuid.UUID) -> Action:
    """The action as the database has it."""
    with desk.database.reading() as session:
        return session.get_one(Action, (desk.cast.organisation.id, action_id))
