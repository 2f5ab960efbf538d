"""Confirming or declining that somebody gets a link or roles with which they may read audits."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_in_person, check_may
from api.foundation.problems import Conflict, NotAllowed, NotFound, is_allowed
from api.people.access import hold
from api.people.hooks import ON_ACCESS_DECIDED
from api.people.second_factor.rule import end_sessions_without
from models import AccessKind, AccessRequest, Organisation, Person, Role, RoleGrant, SignInLink, now
from models.storage.joins import linked, table_alias

MOST: int = 200


@dataclass(frozen=True, slots=True)
class WaitingAccess:
    """A request, the names of the person it is for and of the one who made it, and whether this person may decide on
    it.
    """

    request: AccessRequest
    person: str
    asked_by: str
    may_decide: bool

    @property
    def roles(self) -> tuple[Role, ...]:
        return tuple(Role(role) for role in self.request.roles.split())

    @property
    def words(self) -> str:
        """What the person gets when it is confirmed."""
        roles = ", ".join(role.label.lower() for role in self.roles)
        link = "a new sign-in link, to choose a password"
        return {
            AccessKind.INVITED: f"an account with the roles {roles}, and a sign-in link" if roles else link,
            AccessKind.LINK: link,
            AccessKind.ROLES: f"the roles {roles}",
        }[self.request.kind]


_ADMINISTRATOR: Final = table_alias(Person)


def list_waiting(session: Session, *, by: Actor) -> list[WaitingAccess]:
    """What waits to be confirmed, the oldest first; for everybody who may read audits."""
    check_may(by, Permission.READ_AUDITS)
    rows = session.execute(
        select(AccessRequest, col(Person.name), col(_ADMINISTRATOR.name).label("asked_by"))
        .join(Person, linked(Person.id, AccessRequest.person_id))
        .join(_ADMINISTRATOR, linked(_ADMINISTRATOR.id, AccessRequest.asked_by_id))
        .where(col(AccessRequest.organisation_id) == by.organisation_id, col(AccessRequest.decided_at).is_(None))
        .order_by(col(AccessRequest.id))
        .limit(MOST)
        .execution_options(populate_existing=True)
    ).all()
    return [
        WaitingAccess(request, name, asked_by, is_allowed(check_can_decide, request, by=by))
        for request, name, asked_by in rows
    ]


def check_can_decide(request: AccessRequest, *, by: Actor) -> None:
    """Raise the Problem for which this person cannot decide on a request now."""
    check_may(by, Permission.READ_AUDITS)
    check_in_person(by)
    if by.person_id == request.person_id:
        raise NotAllowed("You cannot confirm your own access. Ask another person who can read audits.")
    if by.person_id == request.asked_by_id:
        raise NotAllowed("You cannot confirm your own request. Ask another person who can read audits.")
    if request.decided_at is not None:
        raise Conflict("Another person has already confirmed or declined this.")


def decide(session: Session, *, request_id: uuid.UUID, confirmed: bool, by: Actor) -> AccessRequest:
    """Confirm a request, so that its roles and its link take effect, or decline it, so that they never do.

    By a person who may read audits, other than the one it is for and the one who asked. Raises NotFound, NotAllowed,
    Conflict.
    """
    check_may(by, Permission.READ_AUDITS)
    # As changes of people do: each sees the result of the one before.
    session.execute(
        select(col(Organisation.id)).where(col(Organisation.id) == by.organisation_id).with_for_update(key_share=True)
    )
    request = session.get(AccessRequest, (by.organisation_id, request_id), populate_existing=True)
    if request is None:
        raise NotFound("access request")
    check_can_decide(request, by=by)
    _decide(session, request, confirmed=confirmed, by=by)
    return request


def confirm_on_host(session: Session, person: Person, *, by: Actor) -> None:
    """Confirm what waits for this person where nobody is left who could: by the operator, who may read the database."""
    if hold.readers(session, person.organisation_id) - {person.id}:
        return
    while (request := hold.waiting_of(session, person)) is not None:
        _decide(session, request, confirmed=True, by=by)


def _decide(session: Session, request: AccessRequest, *, confirmed: bool, by: Actor) -> None:
    request.decided_by_id, request.decided_at, request.confirmed = by.person_id, now(), confirmed
    session.add(request)
    session.flush()
    if request.link_hash:
        values = {"waits": False} if confirmed else {"used_at": now()}
        session.execute(
            update(SignInLink)
            .where(col(SignInLink.secret_hash) == request.link_hash, col(SignInLink.used_at).is_(None))
            .values(**values)
        )
    if confirmed:
        _grant(session, request, [Role(role) for role in request.roles.split()], by)
    events.record(
        session,
        "person.access-confirmed" if confirmed else "person.access-declined",
        request.person_id,
        by=by,
        details={"asked_by": str(request.asked_by_id), "roles": request.roles},
    )
    for notify in ON_ACCESS_DECIDED:
        notify(session, request.id, by)


def _grant(session: Session, request: AccessRequest, roles: Sequence[Role], by: Actor) -> None:
    own = {"organisation_id": request.organisation_id, "person_id": request.person_id}
    person = session.get_one(Person, (request.organisation_id, request.person_id), populate_existing=True)
    held = set(
        session.execute(
            select(col(RoleGrant.role)).where(
                col(RoleGrant.organisation_id) == person.organisation_id, col(RoleGrant.person_id) == person.id
            )
        ).scalars()
    )
    rows = [{**own, "role": role} for role in roles if role not in held]
    if rows:
        session.execute(insert(RoleGrant), rows)
        new = [role for role in roles if role not in held]
        end_sessions_without(session, person_id=person.id, roles=new, by=by)
        person.version += 1
        session.add(person)
        session.flush()
