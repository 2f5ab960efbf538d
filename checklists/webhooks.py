"""Webhooks as the Standard Webhooks specification 1.0 has them: secrets, signatures, and when to try again."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

SECRET_BYTES: Final = 32
BEGINS: Final = "whsec_"
# After the first failure in a row, the second, and so on; the last is repeated.
_PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 45, 135, 405, 1215, 3600))
LONGEST_PAUSE: Final = _PAUSES[-1]
# For how long a message is tried before it is parked.
TRIED_FOR: Final = timedelta(days=1)


def secret_text(secret: bytes) -> str:
    """A secret as receivers enter it: `whsec_` and the bytes in base64."""
    return BEGINS + base64.b64encode(secret).decode()


def signatures(secrets: Sequence[bytes], *, message_id: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`: one signature for each secret, with spaces between them.

    Each is HMAC-SHA-256 over `id.timestamp.body`; the timestamp is in whole seconds since 1970.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    codes = (hmac.new(secret, signed, hashlib.sha256).digest() for secret in secrets)
    return " ".join(f"v1,{base64.b64encode(code).decode()}" for code in codes)


def pause_after(failures: int) -> timedelta:
    """The pause after this many failures in a row, from 1: it triples, up to LONGEST_PAUSE."""
    return _PAUSES[min(failures, len(_PAUSES)) - 1]


def given_up_until(failing_since: datetime, moment: datetime) -> datetime | None:
    """Until when the messages were queued that are given up, while their endpoint fails; None while there are none.

    The time counts from when a message was queued, and not before its endpoint began to fail: a message that waited
    because the service was stopped is tried for as long as any other.
    """
    until = moment - TRIED_FOR
    return until if failing_since <= until else None
