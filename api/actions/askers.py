"""Whoever asked for a job, as they are when it is done: shut out meanwhile, they get nothing done any more."""

import uuid

from sqlmodel import Session, col, select

from api.actions.lifetimes import is_valid
from api.permissions import Actor, Permission
from api.problems import NotAllowed
from models import Person, Role, RoleGrant, Token, now


def asker(session: Session, *, organisation_id: int, person_id: uuid.UUID | None, token_id: uuid.UUID | None) -> Actor:
    """The person or program with what they may do now. Raises NotAllowed when they may no longer come in."""
    gone = NotAllowed("Whoever asked for this may no longer come in.")
    name, scopes = "", None
    if token_id is not None:
        token = session.exec(
            select(Token).where(col(Token.organisation_id) == organisation_id, col(Token.id) == token_id)
        ).first()
        if token is None or not is_valid(token, now()):
            raise gone
        name, scopes = token.name, frozenset(Permission(scope) for scope in token.scopes.split())
    if person_id is not None:
        person = session.get(Person, (organisation_id, person_id))
        if person is None or not person.active:
            raise gone
        name = person.name
    granted = session.exec(
        select(RoleGrant.role).where(
            col(RoleGrant.organisation_id) == organisation_id, col(RoleGrant.person_id) == person_id
        )
    ).all()
    return Actor(organisation_id, person_id, token_id, name, frozenset(map(Role, granted)), scopes)
