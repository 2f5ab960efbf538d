"""The code that only the service can give to an event: a MAC under a key that is kept outside the database.

It is the last entry of the event's details, and so covered by the chain too: 16 hexadecimal digits that no other event
has, then 32 of HMAC-SHA-256 over FORMAT, the organisation, those 16, and all that the event says without its code.
"""

from collections.abc import Sequence
from hmac import compare_digest, digest
from typing import Final, NamedTuple

from checklists.chain import ChainedEvent, event_form

FORMAT: Final = "caseaudit-mac/1"
ENTRY: Final = "mac"
UNIQUE_LENGTH: Final = 16
_CODE_LENGTH: Final = 32
_START: Final = f'"{ENTRY}":"'
_LENGTH: Final = len(_START) + UNIQUE_LENGTH + _CODE_LENGTH + len('"}')


class Code(NamedTuple):
    """The code of an event: the details without it, the digits that no other event has, and the MAC."""

    details: str
    unique: str
    mac: str


def details_with_code(key: bytes, organisation: int, said: Sequence[str | None], unique: str) -> str:
    """The details of an event with its code. `said`: time, kind, subject, person, token, details as they are hashed."""
    details = said[-1] or "{}"
    comma = "," if len(details) > len("{}") else ""
    return f'{details[:-1]}{comma}{_START}{unique}{_mac(key, organisation, unique, said)}"}}'


def code_of(details: str) -> Code | None:
    """The code in an event's details; None where there is none."""
    end = details[-_LENGTH:]
    if not (end.startswith(_START) and end.endswith('"}')):
        return None
    before = details[:-_LENGTH]
    digits = end[len(_START) : -len('"}')]
    return Code(f"{before.removesuffix(',')}}}", digits[:UNIQUE_LENGTH], digits[UNIQUE_LENGTH:])


def is_code_right(key: bytes, event: ChainedEvent, code: Code) -> bool:
    """Whether the service gave this code to this event."""
    said = (*event[2:-2], code.details)
    return compare_digest(_mac(key, event.organisation, code.unique, said).encode(), code.mac.encode())


def _mac(key: bytes, organisation: int, unique: str, said: Sequence[str | None]) -> str:
    form = f'["{FORMAT}",{organisation},"{unique}",{event_form(said)[1:]}'
    return digest(key, form.encode(), "sha256").hex()[:_CODE_LENGTH]
