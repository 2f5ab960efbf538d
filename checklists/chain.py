"""The hash chain of a trail: each event's hash covers the one before, so that no past event can change unnoticed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NamedTuple, Protocol

# Part of what is hashed: another canonical form would be another format.
FORMAT: Final = "caseaudit-event/1"
# Used as the previous hash of the first event.
FIRST_PREVIOUS_HASH: Final = "0" * 64
# The number of hash characters that a checkpoint stores for each event: 64 bits.
MARK_LENGTH: Final = 16

_as_json = json.JSONEncoder(separators=(",", ":"), default=repr).encode


class ChainedEvent(NamedTuple):
    """An event in the plain texts that are hashed: the time in UTC as `2026-11-23 09:30:00.000000`, identifiers as 32
    hexadecimal digits, details as exactly the JSON that is stored.
    """

    organisation: int
    number: int
    at: str
    kind: str
    subject: str
    person: str | None
    token: str | None
    details: str
    hash: str = ""


class Head(NamedTuple):
    """The end of a trail: how many events it has, and the hash of the last."""

    length: int = 0
    hash: str = FIRST_PREVIOUS_HASH


@dataclass(frozen=True, slots=True)
class BadEvent:
    """The first event that has been changed, by its number in its organisation, and what is wrong with it."""

    number: int
    wrong: str


def event_hash(previous: str, event: ChainedEvent) -> str:
    """The event's hash: SHA-256, in hexadecimal, over the canonical form of the previous hash and all of the event.

    The canonical form is a JSON list in ASCII without spaces, beginning with FORMAT. `event.hash` is not part of it.
    """
    return hash_of_form(previous, event.organisation, event.number, event_form(event[2:-1]))


def event_form(said: Sequence[str | None]) -> str:
    """The end of the canonical form: time, kind, subject, person, token and details, as a JSON list."""
    return _as_json(said)


def hash_of_form(previous: str, organisation: int, number: int, said: str) -> str:
    """The hash of an event, given the end of its canonical form: see `event_hash`."""
    return sha256(f'["{FORMAT}","{previous}",{organisation},{number},{said[1:]}'.encode()).hexdigest()


def mark_of(hash_of_event: str) -> str:
    """The part of an event's hash that a checkpoint stores."""
    return hash_of_event[:MARK_LENGTH]


class Marks(Protocol):
    """The marks of signed events by number."""

    def get(self, number: int, missing: str, /) -> str: ...


def first_bad(
    events: Iterable[ChainedEvent], head: Head | None, marks: Marks, *, signed: int | None = None
) -> BadEvent | None:
    """The first event of one organisation that has been changed; None when none has.

    `events` come in the order of their numbers; `head` is the stored end of the trail, None where it has none; `marks`
    are those of every event that a checkpoint has signed, by number, the last of them `signed`. Events after the last
    mark can be checked only against each other and the head.
    """
    last = Head()
    for event in events:
        number = last.length + 1
        if event.number != number:
            return BadEvent(
                number,
                "it is missing" if event.number > number else "before it stands one whose number was never given",
            )
        if event.hash != event_hash(last.hash, event):
            return BadEvent(number, "what it says does not fit its hash and the event before")
        if not event.hash.startswith(marks.get(number, "")):
            return BadEvent(number, "it is not the event that was signed in a checkpoint")
        last = Head(number, event.hash)
    if signed is None:
        signed = max(marks, default=0) if isinstance(marks, Mapping) else 0
    return _bad_end(last, head, signed)


def _bad_end(last: Head, head: Head | None, signed: int) -> BadEvent | None:
    if last.length < signed:
        return BadEvent(last.length + 1, f"it is missing: checkpoints were signed up to event {signed}")
    if head is None:
        return BadEvent(1, "the trail has lost its head") if last.length else None
    if last.length < head.length:
        return BadEvent(last.length + 1, f"it is missing: the trail counts {head.length} events")
    if last.length > head.length:
        return BadEvent(head.length + 1, f"it was added behind the trail, which counts {head.length} events")
    return BadEvent(last.length, "it is not the event with which the trail ends") if last.hash != head.hash else None
