"""Changing which roles a person holds: what an administrator does by hand, and what groups at the provider do."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select, update
from sqlmodel import Session, col

from api.foundation.permissions import Actor
from api.foundation.problems import Fault, Stale
from api.foundation.settings import Settings
from models import Organisation, Person, Role, RoleGrant
from models.storage.database import rows_changed
from models.storage.joins import linked


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """A person and their roles, in the order of the list of roles."""

    person: Person
    roles: tuple[Role, ...]


def in_order(roles: Collection[Role]) -> tuple[Role, ...]:
    """These roles, in the order of the list of roles."""
    return tuple(role for role in Role if role in roles)


def as_words(roles: Collection[Role]) -> str:
    """For events."""
    return " ".join(role.value for role in roles)


def are_kept_apart(roles: Collection[Role], settings: Settings) -> bool:
    """Whether one person may hold these roles together: an administrator reads no audits."""
    return settings.allow_combined_administrator or Role.ADMINISTRATOR not in roles or len(set(roles)) == 1


def role_faults(roles: Collection[Role], settings: Settings) -> list[Fault]:
    """What is wrong with these roles for one person."""
    if not roles:
        return [Fault("roles", "Select at least 1 role.")]
    if not are_kept_apart(roles, settings):
        words = (
            "An administrator cannot see audits, so cannot have another role. Select Administrator or other "
            "roles, or invite a second person."
        )
        return [Fault("roles", words)]
    return []


def one_change_at_a_time(session: Session, by: Actor) -> None:
    """Make changes to an organisation's people wait for one another, so that each sees the result of the one before.

    Nothing else waits: "no key" locks let others refer to the organisation meanwhile.
    """
    session.execute(
        select(col(Organisation.id)).where(col(Organisation.id) == by.organisation_id).with_for_update(key_share=True)
    )


def is_last_administrator(session: Session, found: FoundPerson) -> bool:
    """Whether nobody else is an active administrator of the organisation."""
    if not found.person.active or Role.ADMINISTRATOR not in found.roles:
        return False
    others: int = session.execute(
        select(func.count())
        .select_from(RoleGrant)
        .join(Person, linked(Person.id, RoleGrant.person_id))
        .where(
            col(RoleGrant.organisation_id) == found.person.organisation_id,
            col(RoleGrant.role) == Role.ADMINISTRATOR,
            col(Person.id) != found.person.id,
            col(Person.active),
        )
    ).scalar_one()
    return others == 0


def store(session: Session, found: FoundPerson, values: dict[str, object], roles: Sequence[Role]) -> None:
    """Store these values of the person, and exactly these roles. Raises Stale."""
    person = found.person
    changed = rows_changed(
        session,
        update(Person)
        .where(
            col(Person.organisation_id) == person.organisation_id,
            col(Person.id) == person.id,
            col(Person.version) == person.version,
        )
        .values(**values),
    )
    if not changed:
        raise Stale
    session.execute(
        delete(RoleGrant).where(
            col(RoleGrant.organisation_id) == person.organisation_id,
            col(RoleGrant.person_id) == person.id,
            col(RoleGrant.role).not_in(roles),
        )
    )
    grant(session, person, [role for role in roles if role not in found.roles])


def grant(session: Session, person: Person, roles: Sequence[Role]) -> None:
    """Give the person these roles, which they do not hold."""
    rows = [{"organisation_id": person.organisation_id, "person_id": person.id, "role": role} for role in roles]
    if rows:
        session.execute(insert(RoleGrant), rows)
