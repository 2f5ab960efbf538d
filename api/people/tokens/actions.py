"""Tokens: a person's own, which act as that person, and those of integrations, which act for nobody."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, update
from sqlmodel import Session, col, select

from api.foundation import events
from api.foundation.identity.secrets import TOKEN_PREFIX, hash_of, new_secret
from api.foundation.permissions import Actor, Permission, check_in_person, check_may
from api.foundation.problems import Fault, Invalid, NotAllowed, NotFound
from api.foundation.settings import Settings
from api.foundation.text.names import check_label, tidy
from models import Person, Token, new_id, now
from models.storage.database import rows_changed

LONGEST_NAME: Final = 80


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token, and its secret for the program: the secret is not stored."""

    token: Token
    secret: str


def create_own_token(
    session: Session,
    *,
    name: str,
    scopes: Collection[Permission],
    days: int | None = None,
    settings: Settings,
    by: Actor,
) -> NewToken:
    """Create a token that acts as the person, with no more than these scopes and than their roles allow.

    It expires after `days`, or else after the longest lifetime in the settings. Raises Invalid, and NotAllowed for a
    program.
    """
    check_may(by, Permission.OWN_ACCOUNT)
    check_in_person(by)
    _check_still_active(session, by)
    return _make(session, name, scopes, by.scopes_to_give, days, settings, by, person_id=by.person_id)


def create_integration_token(
    session: Session,
    *,
    name: str,
    scopes: Collection[Permission],
    days: int | None = None,
    settings: Settings,
    by: Actor,
) -> NewToken:
    """Create a token for a program that acts for nobody, with these of the scopes that the person may give one.

    Raises as `create_own_token` does.
    """
    check_may(by, Permission.WRITE_TOKENS)
    check_in_person(by)
    return _make(session, name, scopes, by.integration_scopes_to_give, days, settings, by, person_id=None)


def revoke_own_token(session: Session, *, token_id: uuid.UUID, by: Actor) -> Token:
    """Revoke one's own token at once; one that is revoked already stays so. Raises NotFound."""
    check_may(by, Permission.OWN_ACCOUNT)
    return _revoke(session, token_id, by, person_id=by.person_id)


def revoke_integration_token(session: Session, *, token_id: uuid.UUID, by: Actor) -> Token:
    """Revoke an integration's token at once; one that is revoked already stays so. Raises NotFound."""
    check_may(by, Permission.WRITE_TOKENS)
    return _revoke(session, token_id, by, person_id=None)


def list_own_tokens(session: Session, *, by: Actor, limit: int, after: uuid.UUID | None = None) -> Sequence[Token]:
    """One's own tokens, newest first, from the one after `after`."""
    check_may(by, Permission.OWN_ACCOUNT)
    return _list(session, by, by.person_id, limit, after)


def list_integration_tokens(
    session: Session, *, by: Actor, limit: int, after: uuid.UUID | None = None
) -> Sequence[Token]:
    """Tokens of integrations, newest first, from the one after `after`."""
    check_may(by, Permission.WRITE_TOKENS)
    return _list(session, by, None, limit, after)


def find_token(session: Session, *, token_id: uuid.UUID, is_own: bool, by: Actor) -> Token:
    """One's own token, or one of an integration. Raises NotFound."""
    check_may(by, Permission.OWN_ACCOUNT if is_own else Permission.WRITE_TOKENS)
    return _find(session, token_id, by, by.person_id if is_own else None)


def scopes_of(token: Token) -> list[Permission]:
    return [Permission(scope) for scope in token.scopes.split()]


def _make(
    session: Session,
    name: str,
    scopes: Collection[Permission],
    allowed: Collection[Permission],
    days: int | None,
    settings: Settings,
    by: Actor,
    *,
    person_id: uuid.UUID | None,
) -> NewToken:
    name = tidy(name)
    days = settings.token_days if days is None else days
    faults = check_label("name", name, called="the token", longest=LONGEST_NAME)
    if not scopes:
        faults.append(Fault("scopes", "Select at least 1 thing that the token can do."))
    elif not set(scopes) <= set(allowed):
        can = ", ".join(scope.value for scope in Permission if scope in allowed)
        faults.append(Fault("scopes", f"This token can have these scopes only: {can}."))
    if not 1 <= days <= settings.token_days:
        faults.append(Fault("days", f"Enter a whole number of days from 1 to {settings.token_days}."))
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))
    secret, made = TOKEN_PREFIX + new_secret(), now()
    token = Token(
        organisation_id=by.organisation_id,
        id=new_id(),
        secret_hash=hash_of(secret),
        name=name,
        person_id=person_id,
        scopes=" ".join(scope.value for scope in Permission if scope in scopes),
        created_by_id=by.id,
        created_at=made,
        expires_at=made + timedelta(days=days),
    )
    session.add(token)
    session.flush()
    events.record(session, "token.made", token.id, by=by, details={"scopes": token.scopes})
    return NewToken(token, secret)


def _check_still_active(session: Session, by: Actor) -> None:
    """Raise NotAllowed when the person has just been deactivated: the token would outlive that."""
    active = session.exec(
        select(col(Person.active))
        .where(col(Person.organisation_id) == by.organisation_id, col(Person.id) == by.person_id)
        .with_for_update(read=True)
    ).one_or_none()
    if not active:
        raise NotAllowed("Your account has been deactivated.")


def _revoke(session: Session, token_id: uuid.UUID, by: Actor, *, person_id: uuid.UUID | None) -> Token:
    living = (*_is_token(token_id, by, person_id), col(Token.revoked_at).is_(None))
    if rows_changed(session, update(Token).where(*living).values(revoked_at=now())):
        events.record(session, "token.revoked", token_id, by=by)
    return _find(session, token_id, by, person_id)


def _find(session: Session, token_id: uuid.UUID, by: Actor, person_id: uuid.UUID | None) -> Token:
    found = session.exec(
        select(Token).where(*_is_token(token_id, by, person_id)).execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("token")
    return found


def _is_token(token_id: uuid.UUID, by: Actor, person_id: uuid.UUID | None) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Token.organisation_id) == by.organisation_id,
        col(Token.id) == token_id,
        col(Token.person_id) == person_id,
    )


def _list(
    session: Session, by: Actor, person_id: uuid.UUID | None, limit: int, after: uuid.UUID | None
) -> Sequence[Token]:
    query = (
        select(Token)
        .where(col(Token.organisation_id) == by.organisation_id, col(Token.person_id) == person_id)
        .order_by(col(Token.id).desc())
        .limit(limit)
    )
    return session.exec(query if after is None else query.where(col(Token.id) < after)).all()
