"""Whether people can still do what waits for them: they may sign in, and hold a role that permits it."""

import uuid
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, select
from sqlmodel import Session, col

from api.foundation.permissions import ALLOWED, Permission
from models import Person, Role, RoleGrant
from models.storage.joins import linked, table_alias

_PERSON, _GRANT = table_alias(Person), table_alias(RoleGrant)
_ONE_OF_THEM: Final = table_alias(Person)


class Hindrance(StrEnum):
    """Why a person cannot do any more what waits for them."""

    CANNOT_SIGN_IN = "cannot-sign-in"
    LOST_THE_ROLE = "lost-the-role"


_WORDS: Final = {
    Permission.SCORE_AUDITS: "is no longer an auditor",
    Permission.MODERATE_AUDITS: "no longer moderates",
}


def words_of(hindrance: Hindrance, permission: Permission) -> str:
    """The text after the person's name: "can no longer sign in"."""
    if hindrance is Hindrance.CANNOT_SIGN_IN:
        return "can no longer sign in"
    return _WORDS.get(permission, "no longer has the role for it")


def roles_with(permission: Permission) -> frozenset[Role]:
    """The roles that grant a permission."""
    return frozenset(role for role, allowed in ALLOWED.items() if permission in allowed)


def can_still(person_column: Any, permission: Permission) -> ColumnElement[bool]:
    """The SQL condition of `hindrance_of` being None, for the person in this column of a table or an alias of one."""
    return (
        select(col(_PERSON.id))
        .join(_GRANT, linked(_GRANT.person_id, _PERSON.id))
        .where(
            linked(_PERSON.id, person_column),
            col(_PERSON.active),
            col(_GRANT.role).in_(roles_with(permission)),
        )
        .exists()
    )


def hindrance_of(
    session: Session, person_id: uuid.UUID, permission: Permission, *, organisation_id: int
) -> Hindrance | None:
    """Why this person can no longer do what needs the permission; None when they can."""
    return hindrances_of(session, {person_id}, permission, organisation_id=organisation_id).get(person_id)


def hindrances_of(
    session: Session, people: set[uuid.UUID], permission: Permission, *, organisation_id: int
) -> dict[uuid.UUID, Hindrance]:
    """The same for several people; those who can do it are left out."""
    if not people:
        return {}
    rows = session.execute(
        select(col(_ONE_OF_THEM.id), col(_ONE_OF_THEM.active), can_still(_ONE_OF_THEM.id, permission)).where(
            col(_ONE_OF_THEM.organisation_id) == organisation_id, col(_ONE_OF_THEM.id).in_(people)
        )
    )
    return {
        person_id: Hindrance.LOST_THE_ROLE if active else Hindrance.CANNOT_SIGN_IN
        for person_id, active, can in rows
        if not can
    }
