"""Whether a code or a passkey proves who is there, and using it up: none works twice."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import or_, update
from sqlmodel import Session, col

from api.foundation.problems import Invalid
from api.people.second_factor import codes, passkeys, recovery
from api.people.second_factor.passkeys import PasskeyProof, Site
from api.people.second_factor.queries import factors_of
from api.people.second_factor.sealing import Owner, unseal
from models import OneTimeCodes, Passkey, now
from models.clock import AHEAD
from models.storage.database import rows_changed

FIELD: Final = "code"
_WRONG: Final = (
    "The code is not correct, or has been used. Enter the newest code in your app, or a recovery code that you have "
    "not used yet."
)


@dataclass(frozen=True, slots=True)
class Given:
    """What a person gave as their second factor: a code, or the answer of a passkey as JSON."""

    code: str = ""
    credential: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What was given is right, and not used up yet: the half minute of a code, a recovery code, or a passkey."""

    step: int = 0
    recovery_code: str = ""
    passkey: PasskeyProof | None = None

    @property
    def kind(self) -> str:
        """For the event."""
        return "passkey" if self.passkey is not None else "recovery-code" if self.recovery_code else "one-time-code"


def check(session: Session, key: bytes, site: Site, owner: Owner, given: Given) -> Found:
    """What was given, if it is right. Only reads. Raises Invalid at the field."""
    has = factors_of(session, owner)
    if given.credential:
        return Found(passkey=passkeys.read_proof(key, owner, site, given.credential, has.passkeys))
    if not given.code.strip():
        raise Invalid.at(FIELD, "Enter a code.")
    if recovery.is_recovery_code(given.code):
        if not recovery.is_unused(session, owner, given.code):
            raise Invalid.at(FIELD, _WRONG)
        return Found(recovery_code=given.code)
    secret = unseal(key, owner, has.codes.sealed_secret) if has.codes is not None else ""
    step = codes.step_of(secret, given.code, last_step=has.codes.last_step if has.codes is not None else 0)
    if step is None:
        raise Invalid.at(FIELD, _WRONG)
    return Found(step=step)


def use_up(session: Session, owner: Owner, found: Found) -> None:
    """Use up what was found. Raises Invalid if it has been used meanwhile: only one of two at once succeeds."""
    if found.passkey is not None:
        if not _use_passkey(session, owner, found.passkey):
            raise Invalid.at(passkeys.FIELD, passkeys.REFUSED)
        return
    if found.recovery_code:
        used = recovery.use_code(session, owner, found.recovery_code)
    else:
        used = _use_step(session, owner, found.step)
    if not used:
        raise Invalid.at(FIELD, _WRONG)


def _use_step(session: Session, owner: Owner, step: int) -> bool:
    """Note that a code of this half minute was used; False if that or a later one was used meanwhile."""
    # Beyond what a code can be early by, the last step is from before the clock was put back.
    ahead = step + 3
    return bool(
        rows_changed(
            session,
            update(OneTimeCodes)
            .where(
                col(OneTimeCodes.organisation_id) == owner.organisation_id,
                col(OneTimeCodes.person_id) == owner.person_id,
                or_(col(OneTimeCodes.last_step) < step, col(OneTimeCodes.last_step) > ahead),
            )
            .values(last_step=step),
        )
    )


def _use_passkey(session: Session, owner: Owner, answered: PasskeyProof) -> bool:
    made_at = answered.challenge.made_at
    return bool(
        rows_changed(
            session,
            update(Passkey)
            .where(
                col(Passkey.organisation_id) == owner.organisation_id,
                col(Passkey.person_id) == owner.person_id,
                col(Passkey.id) == answered.passkey.id,
                # Answers to this challenge and to older ones no longer count.
                or_(col(Passkey.challenged_at) < made_at, col(Passkey.challenged_at) > now() + AHEAD),
            )
            .values(sign_count=answered.sign_count, challenged_at=made_at, last_used_at=now()),
        )
    )
