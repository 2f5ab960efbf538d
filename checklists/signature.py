"""The signature of an audit at sign-off: one hash over its answers and all that a report reads of it."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime

FORM = "caseaudit-signature/1"


def signature(said: Mapping[str, str | int | datetime | None]) -> str:
    """The SHA-256, in hexadecimal, of these entries as JSON with sorted keys, times in UTC to the microsecond."""
    plain = {name: _plain(value) for name, value in said.items()}
    text = json.dumps([FORM, plain], ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: str | int | datetime | None) -> str | int | None:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value
