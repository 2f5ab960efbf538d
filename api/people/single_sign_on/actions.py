"""Signing in with the provider, proving again who one is there, and signing out because the provider says so.

These functions take the database and not a session: the provider is asked while no transaction is open.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from api.foundation import events
from api.foundation.identity.secrets import hash_of
from api.foundation.permissions import Actor, Permission, check_in_person, check_may
from api.foundation.problems import NotFound, TooManyAttempts
from api.foundation.settings import Settings
from api.people.actions import find_person
from api.people.role_changes import one_change_at_a_time
from api.people.second_factor.sealing import Owner
from api.people.sign_in import attempts
from api.people.sign_in.actions import end_tokens
from api.people.sign_in.attempts import Caller
from api.people.sign_in.starting import ByProvider, SignedIn, start_session
from api.people.single_sign_on.groups import give_roles
from api.people.single_sign_on.provider.client import Provider
from api.people.single_sign_on.provider.flow import Flow, Returned
from api.people.single_sign_on.provider.proved import Proved, asked, session_hash, who_signed_in
from api.people.single_sign_on.provider.refusals import ProviderRefusal, Reason
from api.people.single_sign_on.provider.signed import SKEW, read_logout_token
from api.people.single_sign_on.queries import (
    Rule,
    account_of,
    allows,
    groups_matter,
    only_organisation,
    owner_of,
    rule_of,
)
from models import Person, ProviderAccount, SpentAnswer, WebSession, now
from models.clock import earliest
from models.storage.database import Database, rows_changed

Result = TypeVar("Result")
# What strangers can bring about as often as they like is not recorded in the trail.
NOT_RECORDED: Final = frozenset({Reason.CANCELLED, Reason.REFUSED, Reason.LATE, Reason.TOO_MANY})
MOST_DELETED_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class SignedInThere:
    """A session that began. `held_back`: why some roles are not as the groups say; "" where they are."""

    signed_in: SignedIn
    held_back: str


class _RefusedPerson(ProviderRefusal):
    """A refusal of somebody who is known."""

    def __init__(self, reason: Reason, owner: Owner) -> None:
        super().__init__(reason)
        self.owner = owner


def sign_in(
    database: Database,
    *,
    provider: Provider,
    flow: Flow | None,
    returned: Returned,
    settings: Settings,
    caller: Caller,
    replacing: str = "",
) -> SignedInThere:
    """Start a session for the person who signed in with the provider. Raises ProviderRefusal.

    They are found by their account there; the first time by their verified email address, with which they were
    invited. `replacing`: the secret of the browser's previous session, which ends.
    """

    def start(session: Session, proved: Proved) -> SignedInThere:
        owner = _owner(session, proved)
        rule = rule_of(session, owner.organisation_id)
        if rule.groups:
            # Before the person is locked, as when an administrator changes a person: the other order could deadlock.
            one_change_at_a_time(session, Actor(owner.organisation_id))
        person = _person(session, owner, proved)
        held_back = _give_roles(session, owner, proved, rule, settings)
        signed_in = start_session(
            session,
            owner,
            known=caller.known_browser_cookie(person.email),
            browser=caller.browser,
            replacing=replacing,
            by_provider=ByProvider(proved.signed_in_at, proved.session),
        )
        return SignedInThere(signed_in, held_back)

    return _answered(database, provider, flow, returned, caller, start)


def prove_again(
    database: Database, *, provider: Provider, flow: Flow | None, returned: Returned, caller: Caller, by: Actor
) -> None:
    """Let the session count as just begun, since the person signed in with the provider again. Raises ProviderRefusal,
    NotAllowed for a program, and NotFound for a session that has ended.
    """
    check_may(by, Permission.OWN_ACCOUNT)
    check_in_person(by)
    own = Owner(by.organisation_id, by.id)

    def prove(session: Session, proved: Proved) -> None:
        if owner_of(session, issuer=proved.issuer, subject=proved.subject) != own:
            raise _RefusedPerson(Reason.OTHER_PERSON, own)
        if not allows(session, by.organisation_id):
            raise _RefusedPerson(Reason.NOT_ALLOWED, own)
        if flow is None or proved.signed_in_at is None or proved.signed_in_at < flow.begun_at - SKEW:
            raise _RefusedPerson(Reason.NOT_FRESH, own)
        secret_hash = by.proof.session if by.proof is not None else ""
        this = (col(WebSession.secret_hash) == secret_hash, col(WebSession.ended_at).is_(None))
        if not rows_changed(session, update(WebSession).where(*this).values(proved_at=proved.signed_in_at)):
            raise NotFound("session")
        events.record(session, "person.proved-again", own.person_id, by=by, details={"with": "provider"})

    _answered(database, provider, flow, returned, caller, prove)


def log_out(database: Database, *, provider: Provider, token: str, caller: Caller) -> None:
    """End the sessions that a logout token of the provider names (OpenID Connect Back-Channel Logout 1.0).

    One that names a session ends that one. One that names only the person ends everything of theirs, tokens too: their
    account may have been disabled. Raises ProviderRefusal.
    """
    counts = caller.counts_of_provider()
    _count(database, counts)
    claims = asked(lambda: read_logout_token(provider, token))
    with database.writing() as session:
        _spend(session, f"logout\n{provider.issuer}\n{claims['jti']}", Reason.UNTRUSTED)
        attempts.record_success(session, counts)
        owner = None
        if "sub" in claims:
            owner = owner_of(session, issuer=provider.issuer, subject=claims["sub"])
            if owner is None:
                return
        named = session_hash(provider, claims["sid"]) if "sid" in claims else ""
        _end_sessions(session, owner, named)


def delete_spent(database: Database) -> None:
    """Delete what is remembered of answers that were used over a day ago, some at a time; background work."""
    old = col(SpentAnswer.at) < earliest() - attempts.KEPT
    while True:
        with database.reading() as session:
            found = session.scalars(select(col(SpentAnswer.answer_hash)).where(old).limit(MOST_DELETED_AT_ONCE)).all()
        if not found:
            return
        with database.writing() as session:
            session.execute(delete(SpentAnswer).where(col(SpentAnswer.answer_hash).in_(found)))


def _answered(
    database: Database,
    provider: Provider,
    flow: Flow | None,
    returned: Returned,
    caller: Caller,
    store: Callable[[Session, Proved], Result],
) -> Result:
    """What follows from the answer of the provider; a refusal is recorded, but for what strangers can bring about."""
    counts = caller.counts_of_provider()
    _count(database, counts)
    try:
        begun = asked(lambda: returned.check(flow, provider))
        with database.writing() as session:
            _spend(session, f"state\n{begun.state}", Reason.LATE)
        with database.reading() as session:
            with_groups = groups_matter(session)
        proved = who_signed_in(provider, begun, returned.code, with_groups=with_groups)
        with database.writing() as session:
            result = store(session, proved)
            attempts.record_success(session, counts)
            return result
    except ProviderRefusal as refusal:
        refused = refusal
    with database.writing() as session:
        attempts.record_failure(session, counts)
        _record(session, refused)
    raise refused


def _count(database: Database, counts: tuple[attempts.Count, ...]) -> None:
    try:
        attempts.count_attempt(database, counts)
    except TooManyAttempts:
        raise ProviderRefusal(Reason.TOO_MANY) from None


def _spend(session: Session, answer: str, reason: Reason) -> None:
    """Note that an answer of the provider is used. Raises ProviderRefusal where it was used before."""
    try:
        with session.begin_nested():
            session.execute(insert(SpentAnswer), [{"answer_hash": hash_of(answer), "at": now()}])
    except IntegrityError:
        raise ProviderRefusal(reason) from None


def _record(session: Session, refused: ProviderRefusal) -> None:
    if refused.reason in NOT_RECORDED:
        return
    if isinstance(refused, _RefusedPerson):
        organisation_id, subject_id = refused.owner.organisation_id, refused.owner.person_id
    else:
        # No person is known yet, and the organisation only if there is just one.
        found = only_organisation(session)
        if found is None:
            return
        organisation_id, subject_id = found, events.THE_ORGANISATION
    details = {"reason": refused.reason.value}
    events.record(session, "person.provider-refused", subject_id, by=Actor(organisation_id), details=details)


def _owner(session: Session, proved: Proved) -> Owner:
    """The person with this account at the provider; where it is nobody's yet, with this verified email address.

    Raises ProviderRefusal.
    """
    owner = owner_of(session, issuer=proved.issuer, subject=proved.subject)
    if owner is not None:
        return owner
    if not proved.email:
        raise ProviderRefusal(Reason.UNVERIFIED)
    query = select(col(Person.organisation_id), col(Person.id)).where(col(Person.email) == proved.email)
    row = session.execute(query).first()
    if row is None:
        raise ProviderRefusal(Reason.NOT_INVITED)
    return Owner(row.organisation_id, row.id)


def _person(session: Session, owner: Owner, proved: Proved) -> Person:
    """The person, whose account at the provider is linked to them now where it was not. Raises ProviderRefusal."""
    if not allows(session, owner.organisation_id):
        raise _RefusedPerson(Reason.NOT_ALLOWED, owner)
    # Locked: they may be deactivated meanwhile, and their sessions ended.
    this = (col(Person.organisation_id) == owner.organisation_id, col(Person.id) == owner.person_id)
    query = select(Person).where(*this).with_for_update(key_share=True)
    person: Person = session.execute(query).scalar_one()
    if not person.active:
        raise _RefusedPerson(Reason.DEACTIVATED, owner)
    own = (
        col(ProviderAccount.organisation_id) == owner.organisation_id,
        col(ProviderAccount.person_id) == owner.person_id,
        col(ProviderAccount.issuer) == proved.issuer,
        col(ProviderAccount.subject) == proved.subject,
    )
    if not rows_changed(session, update(ProviderAccount).where(*own).values(last_used_at=now())):
        _link(session, owner, proved)
    return person


def _link(session: Session, owner: Owner, proved: Proved) -> None:
    if account_of(session, owner) is not None:
        raise _RefusedPerson(Reason.OTHER_ACCOUNT, owner)
    session.add(
        ProviderAccount(
            organisation_id=owner.organisation_id,
            person_id=owner.person_id,
            issuer=proved.issuer,
            subject=proved.subject,
        )
    )
    session.flush()
    by = Actor(owner.organisation_id, person_id=owner.person_id)
    events.record(session, "person.provider-linked", owner.person_id, by=by)


def _give_roles(session: Session, owner: Owner, proved: Proved, rule: Rule, settings: Settings) -> str:
    if not rule.groups:
        return ""
    try:
        groups = proved.groups
    except ProviderRefusal as refusal:
        raise _RefusedPerson(refusal.reason, owner) from None
    found = find_person(session, person_id=owner.person_id, by=Actor(owner.organisation_id, owner.person_id))
    return give_roles(session, found, groups, rule, settings=settings)


def _end_sessions(session: Session, owner: Owner | None, named: str) -> None:
    """End the sessions of this person, or that began in this session of the provider, or both; without a name, their
    tokens too.
    """
    conditions: list[ColumnElement[bool]] = [col(WebSession.ended_at).is_(None)]
    if owner is not None:
        conditions += [
            col(WebSession.organisation_id) == owner.organisation_id,
            col(WebSession.person_id) == owner.person_id,
        ]
    if named:
        conditions.append(col(WebSession.provider_session) == named)
    ended = update(WebSession).where(*conditions).values(ended_at=now())
    rows = session.execute(ended.returning(col(WebSession.organisation_id), col(WebSession.person_id)))
    people = {Owner(row.organisation_id, row.person_id) for row in rows}
    if owner is not None and not named:
        people.add(owner)
        end_tokens(session, person_id=owner.person_id, by=Actor(owner.organisation_id))
    for each in people:
        events.record(session, "person.signed-out-by-provider", each.person_id, by=Actor(each.organisation_id))
