"""Encryption under a key outside the database: of secrets of one-time codes, and of tickets that a browser holds."""

import base64
import binascii
import hmac
import os
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Final, Self

from api.foundation.identity import sealing
from models import now
from models.clock import AHEAD

TICKET_LASTS: Final = timedelta(minutes=10)
_SECRETS: Final = b"secrets of one-time codes"
_TEXTS: Final = b"texts that a browser holds"
_CODE: Final = 16
_RANDOM: Final = 16
_MICROSECOND: Final = timedelta(microseconds=1)
_1970: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Owner:
    """The owner of a secret or ticket: it cannot be opened as anybody else's."""

    organisation_id: int
    person_id: uuid.UUID

    @property
    def as_bytes(self) -> bytes:
        return b"%d %s" % (self.organisation_id, self.person_id.bytes)


def seal(key: bytes, owner: Owner, secret: str) -> str:
    """The secret, encrypted for its owner."""
    return sealing.seal(key, _SECRETS, owner.as_bytes, secret.encode())


def unseal(key: bytes, owner: Owner, sealed: str) -> str:
    """What `seal` encrypted; "" where it was sealed under another key or for another person."""
    return (sealing.unseal(key, _SECRETS, owner.as_bytes, sealed) or b"").decode()


def seal_text(key: bytes, purpose: str, text: str) -> str:
    """A text, encrypted for this purpose, for a browser to hold: safe in a cookie."""
    return as_text(sealing.seal(key, _TEXTS, purpose.encode(), text.encode()).encode())


def unseal_text(key: bytes, purpose: str, sealed: str) -> str:
    """What `seal_text` encrypted for the same purpose; "" for anything else."""
    try:
        return (sealing.unseal(key, _TEXTS, purpose.encode(), as_bytes(sealed).decode()) or b"").decode()
    except ValueError:
        return ""


@dataclass(frozen=True, slots=True)
class Ticket:
    """For one purpose and one person, when it was made, and random bytes; no two are the same.

    Also the challenge that a passkey signs. `state` is not in it: a ticket opens only where the state is the same.
    """

    owner: Owner
    made_at: datetime
    random: bytes

    @classmethod
    def new(cls, owner: Owner) -> Self:
        return cls(owner, now(), os.urandom(_RANDOM))

    def write(self, key: bytes, purpose: str, state: str = "") -> bytes:
        microseconds = (self.made_at - _1970) // _MICROSECOND
        begins = microseconds.to_bytes(8, "big") + self.random
        return begins + self._code(key, purpose, state, begins)

    @classmethod
    def read(cls, key: bytes, purpose: str, owner: Owner, written: bytes, state: str = "") -> Self | None:
        """What `write` wrote less than TICKET_LASTS ago, for the same purpose, person and state; None otherwise."""
        if len(written) != 8 + _RANDOM + _CODE:
            return None
        begins, code = written[:-_CODE], written[-_CODE:]
        try:
            made_at = _1970 + int.from_bytes(begins[:8], "big") * _MICROSECOND
        except OverflowError:
            return None
        found = cls(owner, made_at, begins[8:])
        right = hmac.compare_digest(code, found._code(key, purpose, state, begins))
        moment = now()
        return found if right and moment - TICKET_LASTS < made_at <= moment + AHEAD else None

    def _code(self, key: bytes, purpose: str, state: str, begins: bytes) -> bytes:
        parts = (purpose.encode(), self.owner.as_bytes, state.encode(), begins)
        said = b"".join(b"%d:%s" % (len(part), part) for part in parts)
        return blake2b(said, key=sealing.derived(key, b"tickets"), digest_size=_CODE).digest()


def as_text(raw: bytes) -> str:
    """Bytes as base64url without padding, as WebAuthn writes them."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def as_bytes(text: str) -> bytes:
    """The bytes that `as_text` wrote; none for any other text."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""
