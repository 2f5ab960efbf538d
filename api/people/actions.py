"""People: invited by a one-time link, given roles, activated, deactivated. Nobody sets another person's password."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import func, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from api.foundation import addresses, events
from api.foundation.identity.secrets import hash_of, new_secret
from api.foundation.permissions import Actor, Permission, check_in_person, check_may, operator_of
from api.foundation.problems import AlreadyExists, Conflict, Fault, Invalid, NotAllowed, NotFound, check_version
from api.foundation.settings import Settings
from api.foundation.text.names import check_name, tidy
from api.people import organisations
from api.people.access import hold
from api.people.access.actions import confirm_on_host
from api.people.role_changes import (
    FoundPerson,
    as_words,
    grant,
    in_order,
    is_last_administrator,
    one_change_at_a_time,
    role_faults,
    store,
)
from api.people.second_factor.rule import end_sessions_without
from api.people.sign_in.actions import end_sessions as end_sessions_of
from api.people.sign_in.actions import end_tokens
from models import AccessKind, Person, Role, RoleGrant, SignInLink, new_id, now

LONGEST_NAME: Final = 80
LONGEST_EMAIL: Final = addresses.LONGEST
_TAKEN: Final = "This email address is already in use. Enter a different email address."


@dataclass(frozen=True, slots=True)
class Invited:
    """A person, and the secret of their one-time link: it is not stored."""

    person: Person
    roles: tuple[Role, ...]
    secret: str
    # Whether the link works only once another person has confirmed it.
    waits: bool = False


def invite_person(
    session: Session, *, name: str, email: str, roles: Collection[Role], settings: Settings, by: Actor
) -> Invited:
    """Add a person, and create the one-time link with which they choose a password.

    Raises Invalid, or AlreadyExists for an address that is in use. An address belongs to one person in the whole
    service, so that error also reveals addresses of other organisations; it is the same for all of them, names nobody,
    and only administrators get it.
    """
    check_may(by, Permission.WRITE_PEOPLE)
    check_in_person(by)
    return _add(session, name, email, roles, settings, by)


def first_administrator(
    session: Session,
    *,
    organisation_name: str,
    name: str,
    email: str,
    settings: Settings,
    allow_another: bool = False,
) -> Invited:
    """Create an organisation and its first administrator: an action of the operator on the host.

    Raises what `create_organisation` and `invite_person` raise.
    """
    organisation = organisations.create_organisation(session, name=organisation_name, allow_another=allow_another)
    by = operator_of(organisations.id_of(organisation))
    return _add(session, name, email, {Role.ADMINISTRATOR}, settings, by)


def change_person(
    session: Session,
    *,
    person_id: uuid.UUID,
    name: str,
    roles: Collection[Role],
    active: bool,
    version: int,
    settings: Settings,
    by: Actor,
) -> FoundPerson:
    """Change a person's name and roles, and whether they may sign in.

    Deactivating takes effect at once: sessions end, and links and tokens of that person stop working for good. A lost
    role ends tokens. New roles with which somebody may read audits wait: see `people.access`. Raises
    NotFound, Stale, Invalid, NotAllowed for one's own roles, and Conflict where no active administrator would be left.
    """
    check_may(by, Permission.WRITE_PEOPLE)
    one_change_at_a_time(session, by)
    found = find_person(session, person_id=person_id, by=by)
    check_version(found.person.version, version)
    name = tidy(name)
    faults = [*check_name("name", name, called="the person", longest=LONGEST_NAME), *role_faults(roles, settings)]
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))
    wanted = in_order(roles)
    changed = {
        "name": name != found.person.name,
        "roles": wanted != found.roles,
        "active": active != found.person.active,
    }
    if person_id == by.person_id and (changed["roles"] or changed["active"]):
        raise NotAllowed("You cannot change your own roles or access. Ask another administrator.")
    if not (active and Role.ADMINISTRATOR in wanted) and is_last_administrator(session, found):
        raise Conflict("This is the last active administrator. Make another person an administrator first.")
    held = hold.roles_to_hold(session, found.person, roles=wanted, held_now=found.roles, by=by)
    wanted = tuple(role for role in wanted if role not in held)
    if not active:
        # First, as the use of a link locks it before the person: the other order could deadlock.
        _end_links(session, found.person)
    store(session, found, {"name": name, "active": active, "version": version + 1}, wanted)
    if not active:
        _deactivate(session, found.person, by)
    elif not set(found.roles) <= set(wanted):
        end_tokens(session, person_id=person_id, by=by)
    end_sessions_without(session, person_id=person_id, roles=set(wanted) - set(found.roles), by=by)
    hold.hold_roles(session, found.person, held if active else (), by=by)
    words = " ".join(what for what, differs in changed.items() if differs)
    details: dict[str, str | int | bool | None] = {"changed": words, "roles": as_words(wanted), "active": active}
    events.record(session, "person.changed", person_id, by=by, details=details)
    return find_person(session, person_id=person_id, by=by)


def issue_link(session: Session, *, person_id: uuid.UUID, settings: Settings, by: Actor) -> Invited:
    """Create a new one-time link for somebody who forgot their password or lost their link; older links stop working.

    Raises NotFound, NotAllowed for oneself, and Conflict for somebody who is not active.
    """
    check_may(by, Permission.WRITE_PEOPLE)
    check_in_person(by)
    if person_id == by.person_id:
        raise NotAllowed("You cannot create a sign-in link for yourself. Change your password under Your account.")
    return _issue_link(session, person_id, settings, by)


def issue_link_from_host(session: Session, *, email: str, settings: Settings) -> Invited:
    """The same for the person with this address, by the operator on the host: for an administrator who cannot sign in.

    Roles that wait for this person are confirmed with it where nobody is left who could. Raises NotFound and Conflict.
    """
    row = session.execute(
        select(col(Person.organisation_id), col(Person.id)).where(col(Person.email) == email.strip().lower())
    ).first()
    if row is None:
        raise NotFound("person")
    operator = operator_of(row.organisation_id)
    confirm_on_host(session, find_person(session, person_id=row.id, by=operator).person, by=operator)
    return _issue_link(session, row.id, settings, operator)


def end_sessions(session: Session, *, person_id: uuid.UUID, by: Actor) -> int:
    """End all sessions and tokens of a person at once; returns how many sessions. Raises NotFound."""
    check_may(by, Permission.WRITE_PEOPLE)
    find_person(session, person_id=person_id, by=by)
    ended = end_sessions_of(session, organisation_id=by.organisation_id, person_id=person_id)
    end_tokens(session, person_id=person_id, by=by)
    events.record(session, "person.sessions-ended", person_id, by=by, details={"ended": ended})
    return ended


def find_person(session: Session, *, person_id: uuid.UUID, by: Actor) -> FoundPerson:
    """The person and their roles. Raises NotFound."""
    person = session.execute(
        select(Person)
        .where(col(Person.organisation_id) == by.organisation_id, col(Person.id) == person_id)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if person is None:
        raise NotFound("person")
    return _with_roles(session, [person])[0]


def list_people(
    session: Session,
    *,
    by: Actor,
    limit: int,
    after: uuid.UUID | None = None,
    role: Role | None = None,
    active: bool | None = None,
) -> list[FoundPerson]:
    """People by name, from the one after the person `after`; raises Invalid when there is no such person."""
    check_may(by, Permission.READ_PEOPLE)
    place = (func.lower(col(Person.name)), col(Person.id))
    mine = col(Person.organisation_id) == by.organisation_id
    query = select(Person).where(mine).order_by(*place).limit(limit)
    if after is not None:
        # The key is the person and not their name: keys appear in addresses, and addresses in browsers' histories.
        last = session.execute(select(*place).where(mine, col(Person.id) == after)).first()
        if last is None:
            raise Invalid.page_key()
        query = query.where(tuple_(*place) > tuple_(*last))
    if role is not None:
        holds = select(col(RoleGrant.person_id)).where(
            col(RoleGrant.organisation_id) == by.organisation_id, col(RoleGrant.role) == role
        )
        query = query.where(col(Person.id).in_(holds))
    if active is not None:
        query = query.where(col(Person.active) == active)
    return _with_roles(session, session.execute(query).scalars().all())


def names_of(session: Session, people: Collection[uuid.UUID], *, by: Actor) -> dict[uuid.UUID, str]:
    """The names of these people, for pages that show what they did."""
    rows = session.execute(
        select(col(Person.id), col(Person.name)).where(
            col(Person.organisation_id) == by.organisation_id, col(Person.id).in_(set(people))
        )
    )
    return {row.id: row.name for row in rows}


def _add(session: Session, name: str, email: str, roles: Collection[Role], settings: Settings, by: Actor) -> Invited:
    name, email = tidy(name), email.strip().lower()
    faults = [
        *check_name("name", name, called="the person", longest=LONGEST_NAME),
        *_email_faults(email),
        *role_faults(roles, settings),
    ]
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))
    person = Person(organisation_id=by.organisation_id, id=new_id(), email=email, name=name)
    try:
        # Inserted without a look-up first: that would behave differently when two requests come at the same moment.
        with session.begin_nested():
            session.add(person)
    except IntegrityError:
        raise AlreadyExists(_TAKEN, faults=(Fault("email", _TAKEN),)) from None
    held = hold.roles_to_hold(session, person, roles=in_order(roles), held_now=(), by=by)
    granted = tuple(role for role in in_order(roles) if role not in held)
    grant(session, person, granted)
    events.record(session, "person.invited", person.id, by=by, details={"roles": as_words(in_order(roles))})
    secret = _new_link(session, person, settings, waits=bool(held), by=by)
    if held:
        hold.hold(session, person, AccessKind.INVITED, roles=held, link_hash=hash_of(secret), by=by)
    return Invited(person, granted, secret, waits=bool(held))


def _email_faults(email: str) -> list[Fault]:
    if not addresses.is_address(email):
        return [Fault("email", "Enter an email address, such as name@example.org.")]
    return []


def _with_roles(session: Session, people: Sequence[Person]) -> list[FoundPerson]:
    held: dict[uuid.UUID, set[Role]] = {person.id: set() for person in people}
    if people:
        grants = session.execute(
            select(col(RoleGrant.person_id), col(RoleGrant.role)).where(
                col(RoleGrant.organisation_id) == people[0].organisation_id, col(RoleGrant.person_id).in_(held)
            )
        )
        for person_id, role in grants:
            held[person_id].add(role)
    return [FoundPerson(person, in_order(held[person.id])) for person in people]


def _deactivate(session: Session, person: Person, by: Actor) -> None:
    end_sessions_of(session, organisation_id=person.organisation_id, person_id=person.id)
    end_tokens(session, person_id=person.id, by=by)


def _issue_link(session: Session, person_id: uuid.UUID, settings: Settings, by: Actor) -> Invited:
    one_change_at_a_time(session, by)
    found = find_person(session, person_id=person_id, by=by)
    if not found.person.active:
        raise Conflict("This person is deactivated. Activate them first.")
    _end_links(session, found.person)
    end_tokens(session, person_id=person_id, by=by)
    waits = hold.link_waits(session, found.person, roles=found.roles, by=by)
    secret = _new_link(session, found.person, settings, waits=waits, by=by)
    events.record(session, "person.link-issued", person_id, by=by, details={"waits": waits})
    if waits:
        hold.hold(session, found.person, AccessKind.LINK, link_hash=hash_of(secret), by=by)
    else:
        hold.tell(session, found.person, by=by)
    return Invited(found.person, found.roles, secret, waits=waits)


def _end_links(session: Session, person: Person) -> None:
    session.execute(
        update(SignInLink)
        .where(
            col(SignInLink.organisation_id) == person.organisation_id,
            col(SignInLink.person_id) == person.id,
            col(SignInLink.used_at).is_(None),
        )
        .values(used_at=now())
    )


def _new_link(session: Session, person: Person, settings: Settings, *, waits: bool, by: Actor) -> str:
    secret, made = new_secret(), now()
    session.execute(
        insert(SignInLink).values(
            secret_hash=hash_of(secret),
            organisation_id=person.organisation_id,
            person_id=person.id,
            created_at=made,
            expires_at=made + timedelta(hours=settings.link_hours),
            waits=waits,
            issued_by_id=by.person_id,
        )
    )
    return secret
