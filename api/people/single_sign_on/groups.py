"""Roles by the groups of a person at the provider: given and removed at each sign-in.

Only roles that some group gives are decided by groups; an administrator gives the others by hand. What holds for an
administrator holds here: one person is not an administrator and a reader of audits, a second person confirms roles with
which somebody may read audits, and somebody stays an administrator.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlmodel import Session

from api.foundation import events
from api.foundation.permissions import Actor
from api.foundation.settings import Settings
from api.people.access import hold
from api.people.role_changes import (
    FoundPerson,
    are_kept_apart,
    as_words,
    in_order,
    is_last_administrator,
    store,
)
from api.people.second_factor.rule import end_sessions_without
from api.people.sign_in.actions import end_tokens
from api.people.single_sign_on.provider.refusals import ProviderRefusal, Reason
from api.people.single_sign_on.queries import Rule
from models import Role

MOST_GROUPS: Final = 1000
LONGEST_GROUP: Final = 200


def groups_in(claims: Mapping[str, Any], claim: str) -> frozenset[str]:
    """The groups that the provider names.

    Raises ProviderRefusal if it says that there are more than it names: nobody keeps a role because of that.
    """
    elsewhere = claims.get("_claim_names")
    value = claims.get(claim)
    if value is None and (claims.get("hasgroups") or (isinstance(elsewhere, dict) and claim in elsewhere)):
        raise ProviderRefusal(Reason.GROUPS)
    found = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    if len(found) > MOST_GROUPS:
        raise ProviderRefusal(Reason.GROUPS)
    return frozenset(each for each in found if isinstance(each, str) and len(each) <= LONGEST_GROUP)


@dataclass(frozen=True, slots=True)
class Change:
    """Which roles a person holds by their groups from now on; `held_back`: why some are not as the groups say."""

    roles: tuple[Role, ...]
    held_back: str = ""


def wanted(
    found: FoundPerson,
    groups: Collection[str],
    rule: Rule,
    *,
    waiting: Collection[Role],
    is_last: bool,
    settings: Settings,
) -> Change:
    """What roles follow from these groups. `waiting`: what waits for a second person; `is_last`: the person is the
    last administrator.
    """
    decided = rule.roles_of_groups
    given = {role for role in found.roles if role not in decided} | rule.roles_in(groups)
    if is_last and Role.ADMINISTRATOR not in given:
        return Change(in_order({*given, Role.ADMINISTRATOR} & set(found.roles)), "last-administrator")
    asked = given | (set(waiting) - decided)
    if not are_kept_apart(asked, settings):
        return Change(in_order(given & set(found.roles)), "administrator-and-reader")
    return Change(in_order(given))


def give_roles(session: Session, found: FoundPerson, groups: Collection[str], rule: Rule, *, settings: Settings) -> str:
    """Give and remove the roles of these groups; returns why some are not as the groups say, "" where they are.

    The caller has begun one change of people at a time, and read the person after that.
    """
    person = Actor(found.person.organisation_id, person_id=found.person.id)
    requester = Actor(found.person.organisation_id, person_id=rule.changed_by or found.person.id)
    waiting = hold.waiting_roles(session, found.person)
    change = wanted(
        found,
        groups,
        rule,
        waiting=waiting,
        is_last=is_last_administrator(session, found),
        settings=settings,
    )
    held = hold.roles_to_hold(session, found.person, roles=change.roles, held_now=found.roles, by=requester)
    roles = tuple(role for role in change.roles if role not in held)
    by_hand = [role for role in waiting if role not in rule.roles_of_groups]
    if roles != found.roles:
        store(session, found, {"version": found.person.version + 1}, roles)
        if not set(found.roles) <= set(roles):
            end_tokens(session, person_id=found.person.id, by=person)
        new = set(roles) - set(found.roles)
        end_sessions_without(session, person_id=found.person.id, roles=new, by=Actor(person.organisation_id))
        details = {"roles": as_words(roles), "held_back": change.held_back}
        events.record(session, "person.roles-of-groups", found.person.id, by=person, details=details)
    hold.hold_roles(session, found.person, in_order({*held, *by_hand}), by=requester)
    return change.held_back
