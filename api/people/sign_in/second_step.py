"""The second step of signing in, and proving again who is there before something that matters."""

import uuid
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Row, update
from sqlmodel import Session, col

from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_in_person, check_may
from api.foundation.problems import Invalid, NotAllowed, NotFound
from api.foundation.settings import Settings
from api.people.second_factor import proving
from api.people.second_factor.passkeys import ask_for_proof
from api.people.second_factor.proving import Found, Given
from api.people.second_factor.queries import factors_of
from api.people.second_factor.sealing import Owner, Ticket, as_bytes
from api.people.sign_in import attempts
from api.people.sign_in.actions import PERSON, check_password_allowed, is_unchanged
from api.people.sign_in.attempts import Caller
from api.people.sign_in.passwords import is_password
from api.people.sign_in.starting import SecondStep, SignedIn, start_session
from api.people.single_sign_on.queries import may_use_password, ways_in
from models import Person, WebSession, now
from models.storage.database import Database, rows_changed

# The greatest that a database takes as an organisation's identifier.
GREATEST_ID: Final = 2**31 - 1
PersonRow = Row[tuple[int, uuid.UUID, str, str, str | None, bool]]


def finish_sign_in(database: Database, *, ticket: str, given: Given, caller: Caller, replacing: str = "") -> SignedIn:
    """Start the session of the person with this ticket, by their second factor.

    Raises NotFound for a ticket that is too old or whose person has changed their password, Invalid at the field, and
    TooManyAttempts.
    """
    person, owner = _person_of(database, ticket, caller)
    counts = attempts.own_attempts("second factor", owner.person_id.hex)
    attempts.count_attempt(database, counts)
    found = _check(database, owner, given, caller, counts)
    with database.writing() as session:
        if not is_unchanged(session, person) or not may_use_password(session, owner):
            raise NotFound("sign-in")
        proving.use_up(session, owner, found)
        attempts.record_success(session, counts)
        return start_session(
            session,
            owner,
            known=caller.known_browser_cookie(person.email),
            browser=caller.browser,
            replacing=replacing,
            second_factor=found.kind,
        )


def ask_again(database: Database, *, ticket: str, caller: Caller) -> SecondStep:
    """The same step again, after something was wrong. Raises NotFound as `finish_sign_in`."""
    _, owner = _person_of(database, ticket, caller)
    with database.reading() as session:
        factors = factors_of(session, owner)
    return SecondStep(
        ticket, ask_for_proof(caller.key, owner, caller.site, factors.passkeys), factors.codes is not None
    )


@dataclass(frozen=True, slots=True)
class Ways:
    """How a person can prove again who they are: with their password, and the second factor that is asked for besides
    it; and with the provider of single sign-on, by its name.
    """

    password: bool
    step: SecondStep | None
    provider: str


def what_to_prove_with(session: Session, *, by: Actor, caller: Caller, settings: Settings) -> Ways:
    """How the person can prove again who they are."""
    owner = Owner(by.organisation_id, by.id)
    password, provider = ways_in(session, owner, settings)
    factors = factors_of(session, owner)
    if not password or not factors.are_set_up:
        return Ways(password, None, provider)
    step = SecondStep("", ask_for_proof(caller.key, owner, caller.site, factors.passkeys), factors.codes is not None)
    return Ways(password, step, provider)


def prove_again(database: Database, *, password: str, given: Given, caller: Caller, by: Actor) -> None:
    """Let the session count as just begun: by a passkey, or by the password and the second factor that was set up.

    Raises Invalid at the field, TooManyAttempts, and NotAllowed for a program.
    """
    check_may(by, Permission.OWN_ACCOUNT)
    check_in_person(by)
    if by.proof is None:
        raise NotAllowed("Sign in with a browser to do this.")
    owner = Owner(by.organisation_id, by.id)
    with database.reading() as session:
        person = session.execute(
            PERSON.where(col(Person.organisation_id) == by.organisation_id, col(Person.id) == by.id)
        ).first()
        factors = factors_of(session, owner)
        check_password_allowed(session, owner)
    counts = attempts.own_attempts("password", owner.person_id.hex)
    attempts.count_attempt(database, counts)
    if person is None:
        raise NotFound("person")
    found = None
    if not given.credential and not is_password(password, person.password_hash):
        _record_failure(database, owner, counts, "person.sign-in-failed")
        raise Invalid.at("password", "Password is not correct." if password else "Enter your password.")
    if given.credential or factors.are_set_up:
        found = _check(database, owner, given, caller, counts)
    with database.writing() as session:
        if found is not None:
            proving.use_up(session, owner, found)
        this = (col(WebSession.secret_hash) == by.proof.session, col(WebSession.ended_at).is_(None))
        proved = rows_changed(session, update(WebSession).where(*this).values(proved_at=now()))
        if not proved or not is_unchanged(session, person):
            raise NotFound("session")
        attempts.record_success(session, counts)
        events.record(session, "person.proved-again", owner.person_id, by=by)


def _check(database: Database, owner: Owner, given: Given, caller: Caller, counts: tuple[attempts.Count, ...]) -> Found:
    """What was entered, if it is right; otherwise the failure is recorded. Raises Invalid."""
    with database.reading() as session:
        try:
            return proving.check(session, caller.key, caller.site, owner, given)
        except Invalid as problem:
            refused = problem
    if given.code.strip() or given.credential:
        _record_failure(database, owner, counts, "person.second-factor-failed")
    raise refused


def _record_failure(database: Database, owner: Owner, counts: tuple[attempts.Count, ...], kind: str) -> None:
    with database.writing() as session:
        attempts.record_failure(session, counts)
        events.record(session, kind, owner.person_id, by=Actor(owner.organisation_id))


def _person_of(database: Database, ticket: str, caller: Caller) -> tuple[PersonRow, Owner]:
    """Whose password was right when this ticket was made. Raises NotFound."""
    organisation_id, _, rest = ticket[:200].partition(".")
    person_id, _, written = rest.partition(".")
    try:
        owner = Owner(int(organisation_id), uuid.UUID(person_id))
    except ValueError:
        raise NotFound("sign-in") from None
    if not 0 < owner.organisation_id <= GREATEST_ID:
        raise NotFound("sign-in")
    with database.reading() as session:
        person = session.execute(
            PERSON.where(col(Person.organisation_id) == owner.organisation_id, col(Person.id) == owner.person_id)
        ).first()
    if person is None or not person.active:
        raise NotFound("sign-in")
    if Ticket.read(caller.key, "sign-in", owner, as_bytes(written), person.password_hash or "") is None:
        raise NotFound("sign-in")
    return person, owner
