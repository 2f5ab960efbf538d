"""The person or program behind a token or session, and what they may do now. Deactivated people may do nothing."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row
from sqlmodel import Session, col, select

from api.foundation.identity.lifetimes import is_valid
from api.foundation.permissions import Actor, Permission
from api.foundation.problems import NotAllowed
from models import Person, Role, RoleGrant, Token, now
from models.storage.joins import linked

# A row for each role of the person behind a token, and one for a token of an integration.
TOKENS_WITH_ROLES: Final = (
    select(
        col(Token.organisation_id),
        col(Token.id),
        col(Token.name).label("token_name"),
        col(Token.person_id),
        col(Token.scopes),
        col(Token.created_at),
        col(Token.expires_at),
        col(Token.revoked_at),
        col(Token.ended_at),
        col(Token.early_until),
        col(Token.last_used_at),
        col(Person.active),
        col(Person.name).label("person_name"),
        col(RoleGrant.role),
    )  # type: ignore[call-overload]
    .join(
        Person,
        linked(Person.id, Token.person_id),
        isouter=True,
    )
    .join(
        RoleGrant,
        linked(RoleGrant.person_id, Token.person_id),
        isouter=True,
    )
)
_PEOPLE_WITH_ROLES: Final = select(col(Person.name), col(RoleGrant.role)).join(
    RoleGrant,
    linked(RoleGrant.person_id, Person.id),
    isouter=True,
)


def is_usable(token: Row[Any], moment: datetime) -> bool:
    """Whether a row of TOKENS_WITH_ROLES belongs to a working token: it is valid, and its person is active."""
    return is_valid(token, moment) and (token.person_id is None or token.active)


def actor_of_token(rows: Sequence[Row[Any]]) -> Actor:
    """The actor of a token, given all of its rows of TOKENS_WITH_ROLES."""
    row = rows[0]
    return Actor(
        organisation_id=row.organisation_id,
        person_id=row.person_id,
        token_id=row.id,
        name=row.person_name or row.token_name,
        roles=frozenset(role for (*_, role) in rows if role is not None),
        scopes=frozenset(Permission(scope) for scope in row.scopes.split()),
    )


def current_actor(
    session: Session, *, organisation_id: int, person_id: uuid.UUID | None, token_id: uuid.UUID | None
) -> Actor:
    """The person or program with what they may do now. Raises NotAllowed when they no longer have access."""
    if token_id is not None:
        own = (col(Token.organisation_id) == organisation_id, col(Token.id) == token_id)
        rows = session.execute(TOKENS_WITH_ROLES.where(*own)).all()
        if rows and is_usable(rows[0], now()):
            return actor_of_token(rows)
    else:
        this = (col(Person.organisation_id) == organisation_id, col(Person.id) == person_id, col(Person.active))
        found = session.execute(_PEOPLE_WITH_ROLES.where(*this)).all()
        if found:
            roles = frozenset(Role(role) for (_, role) in found if role is not None)
            return Actor(organisation_id, person_id, name=found[0].name, roles=roles)
    raise NotAllowed("The person or program that requested this no longer has access.")


def email_of(session: Session, *, organisation_id: int, person_id: uuid.UUID) -> str | None:
    """The email address of this person; None for somebody who is not active."""
    person = session.get(Person, (organisation_id, person_id))
    return person.email if person is not None and person.active else None


def actor_by_email(session: Session, email: str) -> Actor | None:
    """The active person with this email address, with what they may do now."""
    this = (col(Person.email) == email.strip().lower(), col(Person.active))
    found = session.execute(
        _PEOPLE_WITH_ROLES.add_columns(col(Person.organisation_id), col(Person.id)).where(*this)
    ).all()
    if not found:
        return None
    person = found[0]
    roles = frozenset(Role(row.role) for row in found if row.role is not None)
    return Actor(person.organisation_id, person.id, name=person.name, roles=roles)
