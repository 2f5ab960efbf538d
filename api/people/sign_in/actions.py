"""Signing in and out: passwords, one-time links, and sessions.

These functions take the database and not a session: a password is hashed while no transaction is open, or every other
writer would wait for it.
"""

import uuid
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Row, select, update
from sqlmodel import Session, col

from api.foundation import events
from api.foundation.identity.lifetimes import link_is_valid, mark_link
from api.foundation.identity.secrets import hash_of
from api.foundation.permissions import Actor
from api.foundation.problems import Invalid, NotAllowed, NotFound, PasswordsOff, WrongCredentials
from api.people.second_factor.queries import Factors, factors_of
from api.people.second_factor.sealing import Owner
from api.people.sign_in import attempts
from api.people.sign_in.attempts import Caller
from api.people.sign_in.passwords import check_password, hash_password, is_password
from api.people.sign_in.starting import SecondStep, SignedIn, second_step, start_session
from api.people.single_sign_on.queries import may_use_password
from models import Organisation, Person, SignInLink, Token, WebSession, now
from models.storage.database import Database, rows_changed
from models.storage.joins import linked


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A one-time link that still works, and its person."""

    organisation_id: int
    person_id: uuid.UUID
    email: str
    name: str
    organisation: str
    issued_by_id: uuid.UUID | None


def sign_in(
    database: Database, *, email: str, password: str, caller: Caller, replacing: str = ""
) -> SignedIn | SecondStep:
    """Start a session for the person with this address and password, or ask for the second factor that they set up.

    `replacing` is the secret of the browser's previous session, which ends. Raises WrongCredentials, with the same
    message and time for an unknown address, TooManyAttempts, and PasswordsOff.
    """
    address = email.strip().lower()[: attempts.LONGEST_ADDRESS + 1]  # longer than any stored address
    counts = caller.counts(address)
    attempts.count_attempt(database, counts)
    with database.reading() as session:
        person = session.execute(PERSON.where(col(Person.email) == address)).first()
    right = is_password(password, person.password_hash if person is not None and person.active else None)
    proved: tuple[Owner, Factors, str] | None = None
    refused: PasswordsOff | None = None
    with database.writing() as session:
        # Checked again, and locked: the password may have been changed meanwhile, and its sessions ended.
        if right and person is not None and is_unchanged(session, person):
            attempts.record_success(session, counts)
            owner = Owner(person.organisation_id, person.id)
            if (refused := _password_refused(session, owner)) is None:
                factors = factors_of(session, owner)
                if not factors.are_set_up:
                    known = caller.known_browser_cookie(address)
                    return start_session(session, owner, known=known, browser=caller.browser, replacing=replacing)
                proved = (owner, factors, person.password_hash or "")
        else:
            attempts.record_failure(session, counts)
            if person is not None:
                events.record(session, "person.sign-in-failed", person.id, by=Actor(person.organisation_id))
            else:
                attempts.imitate_record(session)
    if refused is not None:
        raise refused
    if proved is None:
        raise WrongCredentials("Check both and enter the password again.")
    owner, factors, state = proved
    # With the transaction behind: what a passkey is asked takes a moment.
    return second_step(owner, factors, state=state, caller=caller)


def sign_out(database: Database, *, secret: str) -> bool:
    """End the session with this secret, if there is one; returns whether it began with the provider."""
    with database.writing() as session:
        ended = session.execute(
            update(WebSession)
            .where(col(WebSession.secret_hash) == hash_of(secret), col(WebSession.ended_at).is_(None))
            .values(ended_at=now())
            .returning(col(WebSession.organisation_id), col(WebSession.person_id), col(WebSession.by_provider))
        ).first()
        if ended is not None:
            by = Actor(ended.organisation_id, person_id=ended.person_id)
            events.record(session, "person.signed-out", ended.person_id, by=by)
    return ended is not None and bool(ended.by_provider)


def person_of(database: Database, *, secret: str) -> uuid.UUID | None:
    """The person of this session, which may have ended: it is no proof of being signed in."""
    with database.reading() as session:
        return session.execute(
            select(col(WebSession.person_id)).where(col(WebSession.secret_hash) == hash_of(secret))
        ).scalar_one_or_none()


def open_link(database: Database, *, secret: str) -> OpenLink:
    """The one-time link with this secret. Raises NotFound when it has been used, has expired, or never existed."""
    with database.reading() as session:
        found = session.execute(
            select(
                col(SignInLink.organisation_id),
                col(SignInLink.person_id),
                col(Person.email),
                col(Person.name),
                col(Organisation.name).label("organisation"),
                col(SignInLink.issued_by_id),
            )
            .join(Person, linked(Person.id, SignInLink.person_id))
            .join(Organisation, col(Organisation.id) == col(SignInLink.organisation_id))
            .where(col(SignInLink.secret_hash) == hash_of(secret), link_is_valid(now()), col(Person.active))
        ).first()
        ended = found is None and _is_unmarked(session, secret)
    if ended:
        with database.writing() as session:
            session.execute(mark_link(hash_of(secret), now()))
    if found is None:
        raise NotFound("link")
    return OpenLink(*found)


def check_is_for(link: OpenLink, *, email: str) -> None:
    """Raise Invalid unless this is the address of the person of the link.

    The page does not show it: a mail scanner that fills in and submits what it finds does not use up the link. Nothing
    is counted, so that it delays nobody either.
    """
    if not email.strip():
        raise Invalid.at("email", "Enter your email address.")
    if email.strip().lower() != link.email:
        raise Invalid.at(
            "email", "This link is for another email address. Enter the address that you were invited with."
        )


def choose_password(
    database: Database, *, secret: str, password: str, caller: Caller | None = None
) -> SignedIn | SecondStep:
    """Use a one-time link: set its person's password, end their sessions and tokens, and start a session.

    Somebody with a second factor is asked for it before the session starts. Of two simultaneous uses one succeeds; the
    other raises NotFound, as for a link that has been used or has expired. Raises Invalid for a password that is not
    good enough, and TooManyAttempts; the link then still works. The caller's browser is recognised as the person's from
    then on.
    """
    link = open_link(database, secret=secret)
    with database.reading() as session:
        check_password_allowed(session, Owner(link.organisation_id, link.person_id))
    # Rating a password takes long enough to count as an attempt, too.
    attempts.count_attempt(database, counts := attempts.own_attempts("link", secret))
    check_password(password, about=(link.name, link.email, link.organisation))
    stored = hash_password(password)
    by = Actor(link.organisation_id, person_id=link.person_id)
    moment = now()
    with database.writing() as session:
        used = (
            update(SignInLink)
            .where(col(SignInLink.secret_hash) == hash_of(secret), link_is_valid(moment))
            .values(used_at=moment)
        )
        if not rows_changed(session, used) or not _set_password(session, by, stored):
            raise NotFound("link")
        # Any other link for the person would let somebody choose another password.
        session.execute(
            update(SignInLink)
            .where(
                col(SignInLink.organisation_id) == by.organisation_id,
                col(SignInLink.person_id) == by.person_id,
                col(SignInLink.used_at).is_(None),
            )
            .values(used_at=moment)
        )
        # The person who made the link could have used it: the trail says who that was.
        details = {"link_by": "host" if link.issued_by_id is None else str(link.issued_by_id)}
        events.record(session, "person.password-chosen", link.person_id, by=by, details=details)
        attempts.record_success(session, counts)
        owner = Owner(link.organisation_id, link.person_id)
        factors = factors_of(session, owner)
        if not factors.are_set_up:
            known = caller.known_browser_cookie(link.email) if caller is not None else ""
            browser = caller.browser if caller is not None else ""
            return start_session(session, owner, known=known, browser=browser, trusted=True)
        if caller is None:
            raise NotAllowed("Use the link in a browser: a second factor is asked for.")
    return second_step(owner, factors, state=stored, caller=caller)


def change_password(
    database: Database, *, current: str, password: str, by: Actor, caller: Caller | None = None
) -> SignedIn:
    """Change the password of the person who is signed in: all their sessions and tokens end, and a session starts.

    Raises Invalid when the current password is wrong or the new one is not good enough, and TooManyAttempts: attempts
    of a person who is signed in are counted separately, since strangers cannot make them.
    """
    with database.reading() as session:
        person = session.execute(
            PERSON.where(col(Person.organisation_id) == by.organisation_id, col(Person.id) == by.person_id)
        ).first()
        organisation = session.execute(
            select(col(Organisation.name)).where(col(Organisation.id) == by.organisation_id)
        ).scalar_one()
        check_password_allowed(session, Owner(by.organisation_id, by.id))
    if person is None:
        raise NotFound("person")
    attempts.count_attempt(database, counts := attempts.own_attempts("password", person.id.hex))
    check_password(password, about=(person.name, person.email, organisation))
    if not is_password(current, person.password_hash):
        raise Invalid.at("current_password", "Current password is not correct.")
    stored = hash_password(password)
    with database.writing() as session:
        if not is_unchanged(session, person) or not _set_password(session, by, stored):
            raise Invalid.at("current_password", "Your password was changed. Sign in again.")
        events.record(session, "person.password-changed", person.id, by=by)
        attempts.record_success(session, counts)
        known = caller.known_browser_cookie(person.email) if caller is not None else ""
        browser = caller.browser if caller is not None else ""
        return start_session(session, Owner(by.organisation_id, by.id), known=known, browser=browser, trusted=True)


def end_sessions(session: Session, *, organisation_id: int, person_id: uuid.UUID) -> int:
    """End every session of a person at once; returns how many."""
    return rows_changed(
        session,
        update(WebSession)
        .where(
            col(WebSession.organisation_id) == organisation_id,
            col(WebSession.person_id) == person_id,
            col(WebSession.ended_at).is_(None),
        )
        .values(ended_at=now()),
    )


def end_tokens(session: Session, *, person_id: uuid.UUID, by: Actor) -> None:
    """Revoke every token that acts as a person at once."""
    ended = session.execute(
        update(Token)
        .where(
            col(Token.organisation_id) == by.organisation_id,
            col(Token.person_id) == person_id,
            col(Token.revoked_at).is_(None),
        )
        .values(revoked_at=now())
        .returning(col(Token.id))
    ).scalars()
    events.record_many(session, [events.row("token.revoked", token_id, by=by) for token_id in ended])


PERSON: Final = select(
    col(Person.organisation_id),
    col(Person.id),
    col(Person.email),
    col(Person.name),
    col(Person.password_hash),
    col(Person.active),
)


def check_password_allowed(session: Session, owner: Owner) -> None:
    """Raise Invalid, at the password, where the person's organisation lets them use no password."""
    if not may_use_password(session, owner):
        raise Invalid.at("password", PasswordsOff().detail)


def _password_refused(session: Session, owner: Owner) -> PasswordsOff | None:
    if may_use_password(session, owner):
        return None
    events.record(session, "person.password-refused", owner.person_id, by=Actor(owner.organisation_id))
    return PasswordsOff()


def _is_unmarked(session: Session, secret: str) -> bool:
    """Whether there is such a link that is neither used nor marked as expired."""
    unmarked = (
        col(SignInLink.secret_hash) == hash_of(secret),
        col(SignInLink.used_at).is_(None),
        col(SignInLink.ended_at).is_(None),
    )
    return session.execute(select(col(SignInLink.person_id)).where(*unmarked)).first() is not None


def is_unchanged(session: Session, person: Row[tuple[int, uuid.UUID, str, str, str | None, bool]]) -> bool:
    return (
        session.execute(
            select(col(Person.id))
            .where(
                col(Person.organisation_id) == person.organisation_id,
                col(Person.id) == person.id,
                col(Person.active),
                col(Person.password_hash) == person.password_hash,
            )
            .with_for_update(key_share=True)
        ).first()
        is not None
    )


def _set_password(session: Session, by: Actor, stored: str) -> bool:
    changed = rows_changed(
        session,
        update(Person)
        .where(col(Person.organisation_id) == by.organisation_id, col(Person.id) == by.person_id, col(Person.active))
        .values(password_hash=stored),
    )
    end_sessions(session, organisation_id=by.organisation_id, person_id=by.id)
    end_tokens(session, person_id=by.id, by=by)
    return changed == 1
