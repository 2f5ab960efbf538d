"""Inviting many people in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlmodel import Session

from api.foundation.permissions import Actor, Permission, check_in_person, check_may
from api.foundation.problems import AlreadyExists, Fault, Invalid
from api.foundation.settings import Settings
from api.people.actions import Invited, invite_person
from api.people.teams.actions import create_team
from models import Role

MOST: Final = 200


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody to invite."""

    name: str
    email: str
    roles: frozenset[Role]


def invite_people(session: Session, *, people: Sequence[NewPerson], settings: Settings, by: Actor) -> list[Invited]:
    """Invite these people, all or none, each with a one-time link.

    Raises Invalid with every fault, at `/people/<place>/<field>`.
    """
    check_may(by, Permission.WRITE_PEOPLE)
    check_in_person(by)
    if not 1 <= len(people) <= MOST:
        raise Invalid.at("/people", f"Invite between 1 and {MOST} people at once.")
    invited, faults = [], []
    for place, new in enumerate(people):
        try:
            # Nested, so that the faults of the others are found too.
            with session.begin_nested():
                each = invite_person(session, name=new.name, email=new.email, roles=new.roles, settings=settings, by=by)
        except (Invalid, AlreadyExists) as problem:
            found = problem.faults or (Fault("", problem.detail),)
            faults += [replace(fault, pointer=f"/people/{place}/{fault.pointer.strip('/')}") for fault in found]
        else:
            invited.append(each)
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))
    return invited


def add_teams_and_invite(
    session: Session, *, teams: Sequence[str], people: Sequence[NewPerson], settings: Settings, by: Actor
) -> list[Invited]:
    """Create these teams and invite these people, all or none, each person with a one-time link.

    Raises Invalid with every fault, at `/teams/<place>` and `/people/<place>/<field>`.
    """
    if len(teams) > MOST:
        raise Invalid.at("/teams/0", f"Add no more than {MOST} teams at once.")
    faults = []
    for place, name in enumerate(teams):
        try:
            with session.begin_nested():
                create_team(session, name=name, by=by)
        except (Invalid, AlreadyExists) as problem:
            faults.append(Fault(f"/teams/{place}", problem.faults[0].detail if problem.faults else problem.detail))
    invited: list[Invited] = []
    try:
        invited = invite_people(session, people=people, settings=settings, by=by)
    except Invalid as problem:
        faults += problem.faults
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))
    return invited
