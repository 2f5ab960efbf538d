"""Setting up and removing one-time codes and passkeys, each by the person in a browser."""

import uuid
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, delete, insert, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_in_person, check_may, operator_of
from api.foundation.problems import Conflict, Invalid, NotAllowed, NotFound
from api.foundation.text.names import check_label, tidy
from api.people.second_factor import codes, recovery
from api.people.second_factor.passkeys import Registered
from api.people.second_factor.proving import FIELD
from api.people.second_factor.queries import Factors, factors_of, is_needed_by
from api.people.second_factor.sealing import Owner, seal, unseal
from models import OneTimeCodes, Passkey, Person, WebSession, new_id, now
from models.storage.database import rows_changed

LONGEST_NAME: Final = 80
MOST_PASSKEYS: Final = 10
SERVICE: Final = "Case Audit"


@dataclass(frozen=True, slots=True)
class OfferedCodes:
    """A new secret of one-time codes, to be read by an app and confirmed by its first code."""

    secret: str
    address: str

    @property
    def in_groups(self) -> str:
        """For people who type it."""
        return " ".join(self.secret[at : at + 4] for at in range(0, len(self.secret), 4))


def own_factors(session: Session, *, by: Actor) -> Factors:
    """What the actor has set up. Raises NotAllowed for a program that acts for nobody."""
    return factors_of(session, _owner(by))


def offer_codes(session: Session, *, key: bytes, by: Actor) -> OfferedCodes:
    """Make a secret for the person's app, in place of one that was not confirmed. Raises Conflict."""
    owner = _changing_owner(session, by)
    if factors_of(session, owner).codes is not None:
        raise Conflict("You already have one-time codes. Remove them first, then set them up on the other device.")
    secret = codes.new_secret()
    session.execute(delete(OneTimeCodes).where(*_codes_of(owner), col(OneTimeCodes.confirmed_at).is_(None)))
    session.add(
        OneTimeCodes(
            organisation_id=owner.organisation_id, person_id=owner.person_id, sealed_secret=seal(key, owner, secret)
        )
    )
    session.flush()
    return _offered(session, owner, secret)


def offered_codes(session: Session, *, key: bytes, by: Actor) -> OfferedCodes | None:
    """The secret that waits for its first code; None when there is none."""
    owner = _owner(by)
    row = _unconfirmed(session, owner)
    secret = "" if row is None else unseal(key, owner, row.sealed_secret)
    return _offered(session, owner, secret) if secret else None


def confirm_codes(session: Session, *, key: bytes, code: str, by: Actor) -> list[str]:
    """Begin to use one-time codes, by the first code of the app. Raises Invalid, and Conflict when none wait.

    Returns the recovery codes, which are shown once; none where the person has some already.
    """
    owner = _changing_owner(session, by)
    row = _unconfirmed(session, owner)
    if row is None:
        raise Conflict("Set up one-time codes again: no key is waiting for its first code.")
    step = codes.step_of(unseal(key, owner, row.sealed_secret), code, last_step=0)
    if step is None:
        raise Invalid.at(FIELD, "The code is not correct. Enter the code that your app shows now.")
    # Only the key that made the code: in another window they may have set up another meanwhile.
    waiting = (
        *_codes_of(owner),
        col(OneTimeCodes.confirmed_at).is_(None),
        col(OneTimeCodes.sealed_secret) == row.sealed_secret,
    )
    if not rows_changed(session, update(OneTimeCodes).where(*waiting).values(confirmed_at=now(), last_step=step)):
        raise Conflict("This key was confirmed or replaced in another window. Start again if you have no codes.")
    return _added(session, owner, "one-time-codes", by)


def check_can_add_passkey(session: Session, *, name: str, by: Actor) -> str:
    """The name of a new passkey, tidied. Raises Invalid and Conflict for which it cannot be added."""
    name = tidy(name)
    faults = check_label("name", name, called="the passkey", longest=LONGEST_NAME)
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))
    if len(own_factors(session, by=by).passkeys) >= MOST_PASSKEYS:
        raise Conflict(f"You have {MOST_PASSKEYS} passkeys. Remove one first.")
    return name


def add_passkey(session: Session, *, registered: Registered, name: str, by: Actor) -> list[str]:
    """Add a passkey that the browser has made. Returns recovery codes, as `confirm_codes`. Raises what its check does.

    Of two additions of one passkey the second is a Conflict.
    """
    owner = _changing_owner(session, by)
    name = check_can_add_passkey(session, name=name, by=by)
    row = {
        "organisation_id": owner.organisation_id,
        "id": new_id(),
        "person_id": owner.person_id,
        "name": name,
        "credential_id": registered.credential_id,
        "public_key": registered.public_key,
        "sign_count": registered.sign_count,
        "created_at": now(),
        "challenged_at": now(),
    }
    try:
        with session.begin_nested():
            session.execute(insert(Passkey), [row])
    except IntegrityError:
        raise Conflict("This passkey is set up already.") from None
    return _added(session, owner, "passkey", by)


def make_recovery_codes(session: Session, *, by: Actor) -> list[str]:
    """New recovery codes in place of those before, shown once. Raises Conflict for somebody without a second factor."""
    owner = _changing_owner(session, by)
    if not factors_of(session, owner).are_set_up:
        raise Conflict("Set up one-time codes or a passkey first.")
    made = recovery.new_codes(session, owner)
    events.record(session, "person.recovery-codes-made", owner.person_id, by=by)
    return made


def remove_codes(session: Session, *, by: Actor) -> None:
    """Remove one's own one-time codes; does nothing when there are none. Raises Conflict for what roles need."""
    owner = _changing_owner(session, by)
    has = factors_of(session, owner)
    if has.codes is None:
        return
    _check_may_remove(session, owner, Factors(None, has.passkeys), by)
    session.execute(delete(OneTimeCodes).where(*_codes_of(owner)))
    _removed(session, owner, "one-time-codes", by)


def remove_passkey(session: Session, *, passkey_id: uuid.UUID, by: Actor) -> None:
    """Remove one of one's own passkeys. Raises NotFound, and Conflict for what roles need."""
    owner = _changing_owner(session, by)
    has = factors_of(session, owner)
    left = [each for each in has.passkeys if each.id != passkey_id]
    if len(left) == len(has.passkeys):
        raise NotFound("passkey")
    _check_may_remove(session, owner, Factors(has.codes, left), by)
    session.execute(
        delete(Passkey).where(col(Passkey.organisation_id) == owner.organisation_id, col(Passkey.id) == passkey_id)
    )
    _removed(session, owner, "passkey", by)


def check_can_remove_of(person_id: uuid.UUID, *, by: Actor) -> None:
    """Raise the Problem for which the actor cannot remove the second factor of this person."""
    check_may(by, Permission.WRITE_PEOPLE)
    check_in_person(by)
    if person_id == by.person_id:
        raise NotAllowed("Remove your own one-time codes and passkeys under Your account.")


def remove_of_person(session: Session, *, person_id: uuid.UUID, by: Actor) -> None:
    """Remove all of a second factor of somebody who has lost it, and end their sessions.

    They sign in with the password, and set up another if a role needs it. Raises NotFound, NotAllowed for
    oneself, and Conflict for somebody without a second factor.
    """
    check_can_remove_of(person_id, by=by)
    if session.get(Person, (by.organisation_id, person_id)) is None:
        raise NotFound("person")
    _remove_all(session, Owner(by.organisation_id, person_id), by)


def remove_on_host(session: Session, *, email: str) -> None:
    """The same by the operator on the host, for the person with this address. Raises NotFound and Conflict."""
    person = session.exec(select(Person).where(col(Person.email) == email.strip().lower())).one_or_none()
    if person is None:
        raise NotFound("person")
    _remove_all(session, Owner(person.organisation_id, person.id), operator_of(person.organisation_id))


def _remove_all(session: Session, owner: Owner, by: Actor) -> None:
    _lock(session, owner)
    if not factors_of(session, owner).are_set_up:
        raise Conflict("This person has no second factor.")
    own = (col(WebSession.organisation_id) == owner.organisation_id, col(WebSession.person_id) == owner.person_id)
    session.execute(update(WebSession).where(*own, col(WebSession.ended_at).is_(None)).values(ended_at=now()))
    session.execute(delete(OneTimeCodes).where(*_codes_of(owner)))
    session.execute(
        delete(Passkey).where(
            col(Passkey.organisation_id) == owner.organisation_id, col(Passkey.person_id) == owner.person_id
        )
    )
    _removed(session, owner, "all", by)


def _owner(by: Actor) -> Owner:
    check_may(by, Permission.OWN_ACCOUNT)
    check_in_person(by)
    return Owner(by.organisation_id, by.id)


def _changing_owner(session: Session, by: Actor) -> Owner:
    owner = _owner(by)
    _lock(session, owner)
    return owner


def _lock(session: Session, owner: Owner) -> None:
    """Let changes to what one person has come one after the other: each depends on what they have left."""
    this = (col(Person.organisation_id) == owner.organisation_id, col(Person.id) == owner.person_id)
    session.execute(select(col(Person.id)).where(*this).with_for_update(key_share=True))


def _offered(session: Session, owner: Owner, secret: str) -> OfferedCodes:
    email = session.get_one(Person, (owner.organisation_id, owner.person_id)).email
    return OfferedCodes(secret, codes.address_of(secret, email=email, service=SERVICE))


def _unconfirmed(session: Session, owner: Owner) -> OneTimeCodes | None:
    waiting = (*_codes_of(owner), col(OneTimeCodes.confirmed_at).is_(None))
    return session.exec(select(OneTimeCodes).where(*waiting)).one_or_none()


def _codes_of(owner: Owner) -> tuple[ColumnElement[bool], ...]:
    return (
        col(OneTimeCodes.organisation_id) == owner.organisation_id,
        col(OneTimeCodes.person_id) == owner.person_id,
    )


def _check_may_remove(session: Session, owner: Owner, left: Factors, by: Actor) -> None:
    if not left.are_set_up and is_needed_by(session, owner.organisation_id, by.roles):
        raise Conflict("Your roles need a second factor. Set up another one before you remove this one.")


def _added(session: Session, owner: Owner, kind: str, by: Actor) -> list[str]:
    own = (
        col(WebSession.organisation_id) == owner.organisation_id,
        col(WebSession.person_id) == owner.person_id,
        col(WebSession.needs_second_factor),
    )
    if by.proof is not None:
        this = col(WebSession.secret_hash) == by.proof.session
        session.execute(update(WebSession).where(*own, this).values(needs_second_factor=False))
    # Another that waits for one was begun with the password alone, perhaps by somebody else.
    session.execute(update(WebSession).where(*own, col(WebSession.ended_at).is_(None)).values(ended_at=now()))
    events.record(session, "person.second-factor-added", owner.person_id, by=by, details={"kind": kind})
    return [] if recovery.codes_left(session, owner) else recovery.new_codes(session, owner)


def _removed(session: Session, owner: Owner, kind: str, by: Actor) -> None:
    events.record(session, "person.second-factor-removed", owner.person_id, by=by, details={"kind": kind})
    if not factors_of(session, owner).are_set_up:
        recovery.delete_codes(session, owner)
