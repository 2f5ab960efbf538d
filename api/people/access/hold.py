"""What waits: which links and roles need a second person, and the requests that are made for them."""

import uuid
from collections.abc import Collection, Iterable
from typing import Final

from sqlalchemy import exists, select
from sqlmodel import Session, col

from api.access.people import roles_with
from api.foundation import events
from api.foundation.permissions import Actor, Permission
from api.people.hooks import ON_ACCESS_ASKED, ON_ACCESS_DECIDED
from models import AccessKind, AccessRequest, Audit, Person, ProviderAccount, Role, RoleGrant, now
from models.storage.joins import linked

READING: Final = roles_with(Permission.READ_AUDITS)
# Who answers for an agency reads what others wrote of a child once a panel is open, and confirms nobody.
_ROLES_THAT_WAIT: Final = READING | roles_with(Permission.READ_JOINT_CASES)
# An action for a child says what an audit found: a new link for somebody who may own one waits too.
_LINKS_THAT_WAIT: Final = _ROLES_THAT_WAIT | roles_with(Permission.READ_ACTIONS)


def readers(session: Session, organisation_id: int) -> set[uuid.UUID]:
    """The active people who may read audits and can sign in, by a password or the provider of single sign-on: they
    confirm what waits.
    """
    linked_there = exists().where(
        col(ProviderAccount.organisation_id) == col(Person.organisation_id),
        col(ProviderAccount.person_id) == col(Person.id),
    )
    query = (
        select(col(Person.id))
        .join(RoleGrant, linked(RoleGrant.person_id, Person.id))
        .where(
            col(Person.organisation_id) == organisation_id,
            col(Person.active),
            col(Person.password_hash).is_not(None) | linked_there,
            col(RoleGrant.role).in_(READING),
        )
        .distinct()
    )
    return set(session.execute(query).scalars())


def is_new(session: Session, organisation_id: int) -> bool:
    """Whether access takes effect at once, as it does for the first people of a new service.

    It ends for good with the first audit, and when something first waited: an administrator who deactivates everybody
    who may read audits does not begin it again.
    """
    if readers(session, organisation_id):
        return False
    asked = select(col(AccessRequest.id)).where(col(AccessRequest.organisation_id) == organisation_id)
    audited = select(col(Audit.id)).where(col(Audit.organisation_id) == organisation_id)
    return all(session.execute(query.limit(1)).first() is None for query in (asked, audited))


def roles_to_hold(
    session: Session, person: Person, *, roles: Iterable[Role], held_now: Collection[Role], by: Actor
) -> tuple[Role, ...]:
    """Which of these roles wait: those with which somebody may read audits or joint audits, and that the person does
    not hold yet.
    """
    new = tuple(role for role in roles if role in _ROLES_THAT_WAIT and role not in held_now)
    if not new or by.person_id is None or is_new(session, person.organisation_id):
        return ()
    return new


def link_waits(session: Session, person: Person, *, roles: Iterable[Role], by: Actor) -> bool:
    """Whether a new link for this person waits. Not one that the operator makes on the host."""
    may_read = bool(_LINKS_THAT_WAIT & set(roles)) or waiting_of(session, person) is not None
    return may_read and by.person_id is not None and not is_new(session, person.organisation_id)


def waiting_of(session: Session, person: Person, *kinds: AccessKind) -> AccessRequest | None:
    """What waits for this person; None when nothing does."""
    query = select(AccessRequest).where(
        col(AccessRequest.organisation_id) == person.organisation_id,
        col(AccessRequest.person_id) == person.id,
        col(AccessRequest.decided_at).is_(None),
    )
    if kinds:
        query = query.where(col(AccessRequest.kind).in_(kinds))
    return session.execute(query.order_by(col(AccessRequest.id)).limit(1)).scalar_one_or_none()


def waiting_roles(session: Session, person: Person) -> tuple[Role, ...]:
    """The roles that wait for this person."""
    query = select(col(AccessRequest.roles)).where(
        col(AccessRequest.organisation_id) == person.organisation_id,
        col(AccessRequest.person_id) == person.id,
        col(AccessRequest.decided_at).is_(None),
    )
    return tuple(Role(role) for roles in session.execute(query).scalars() for role in roles.split())


def hold(
    session: Session, person: Person, kind: AccessKind, *, roles: Iterable[Role] = (), link_hash: str = "", by: Actor
) -> None:
    """Let this wait, and tell the person and who may confirm it. A link replaces one that waits."""
    found = waiting_of(session, person, AccessKind.INVITED, AccessKind.LINK) if kind is AccessKind.LINK else None
    if found is None:
        words = " ".join(role.value for role in roles)
        found = AccessRequest(
            organisation_id=person.organisation_id,
            person_id=person.id,
            kind=kind,
            roles=words,
            link_hash=link_hash,
            asked_by_id=by.id,
        )
    else:
        found.link_hash, found.asked_by_id, found.asked_at = link_hash, by.id, now()
    session.add(found)
    session.flush()
    events.record(session, "person.access-waits", person.id, by=by, details={"roles": found.roles})
    others = readers(session, person.organisation_id) - {person.id, by.id}
    for notify in ON_ACCESS_ASKED:
        notify(session, found.id, person.id, others, by)


def tell(session: Session, person: Person, *, by: Actor) -> None:
    """Tell the person, and who may read audits, of a link that works at once."""
    others = readers(session, person.organisation_id) - {person.id}
    for notify in ON_ACCESS_ASKED:
        notify(session, None, person.id, others, by)


def hold_roles(session: Session, person: Person, roles: Collection[Role], *, by: Actor) -> None:
    """Let these roles wait in the place of the ones before; without any, what waited is taken back."""
    found = waiting_of(session, person, AccessKind.INVITED, AccessKind.ROLES)
    words = " ".join(role.value for role in roles)
    if found is None:
        if roles:
            hold(session, person, AccessKind.ROLES, roles=roles, by=by)
        return
    if found.roles == words:
        return
    found.roles, found.asked_by_id = words, by.id
    if not roles and found.kind is AccessKind.ROLES:
        found.decided_at, found.decided_by_id = now(), by.id
        for notify in ON_ACCESS_DECIDED:
            notify(session, found.id, by)
    session.add(found)
    session.flush()
    events.record(session, "person.access-waits", person.id, by=by, details={"roles": words})
