"""The chain of a trail: whatever is changed in it afterwards, the first event that was touched is named."""

from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.chain import (
    FIRST_PREVIOUS_HASH,
    MARK_LENGTH,
    BadEvent,
    ChainedEvent,
    Head,
    event_hash,
    first_bad,
    mark_of,
)

LENGTH = 12
Events = list[ChainedEvent]


def a_chain(length: int = LENGTH) -> Events:
    previous, events = FIRST_PREVIOUS_HASH, []
    for number in range(1, length + 1):
        event = ChainedEvent(
            1, number, "2026-11-23 09:30:00.000000", "audit.scored", f"{number:032x}", None, None, "{}"
        )
        previous = event_hash(previous, event)
        events.append(event._replace(hash=previous))
    return events


def head_of(events: Events) -> Head:
    return Head(len(events), events[-1].hash) if events else Head()


def marks_of(events: Events) -> dict[int, str]:
    return {event.number: mark_of(event.hash) for event in events}


def chained_again(events: Events) -> Events:
    """The same events with numbers and hashes made anew, as somebody with the whole database could make them."""
    previous, made = FIRST_PREVIOUS_HASH, []
    for number, event in enumerate(events, start=1):
        numbered = event._replace(number=number)
        previous = event_hash(previous, numbered)
        made.append(numbered._replace(hash=previous))
    return made


def test_the_canonical_form_is_the_one_that_is_documented() -> None:
    event = ChainedEvent(7, 1, "2026-11-23 09:30:00.000000", "audit.scored", "a" * 32, None, "b" * 32, '{"themes":"é"}')
    written = (
        f'["caseaudit-event/1","{"0" * 64}",7,1,"2026-11-23 09:30:00.000000","audit.scored",'
        f'"{"a" * 32}",null,"{"b" * 32}",' + r'"{\"themes\":\"\u00e9\"}"]'
    )
    assert event_hash(FIRST_PREVIOUS_HASH, event) == sha256(written.encode("ascii")).hexdigest()


def test_a_chain_as_it_was_written_is_whole() -> None:
    events = a_chain()
    assert first_bad(events, head_of(events), marks_of(events)) is None
    assert first_bad(events, head_of(events), {}) is None
    assert first_bad([], Head(), {}) is None
    assert first_bad([], None, {}) is None


@given(
    place=st.integers(0, LENGTH - 1),
    change=st.sampled_from(
        [
            {"organisation": 2},
            {"at": "2026-11-23 09:30:00.000001"},
            {"kind": "audit.read"},
            {"subject": "f" * 32},
            {"person": "f" * 32},
            {"token": "f" * 32},
            {"details": "{} "},
            {"hash": "f" * 64},
        ]
    ),
)
def test_whatever_an_event_says_cannot_be_changed_unseen(place: int, change: dict[str, object]) -> None:
    events = a_chain()
    events[place] = events[place]._replace(**change)  # type: ignore[arg-type]
    bad = first_bad(events, head_of(a_chain()), {})
    assert bad is not None
    assert bad.number == place + 1


TAMPERINGS: dict[str, tuple[Callable[[Events], Events], int]] = {
    "one deleted": (lambda events: events[:4] + events[5:], 5),
    "one deleted and the rest numbered anew": (
        lambda events: events[:4] + [event._replace(number=event.number - 1) for event in events[5:]],
        5,
    ),
    "two swapped": (
        lambda events: [
            *events[:4],
            events[5]._replace(number=5, hash=events[4].hash),
            events[4]._replace(number=6, hash=events[5].hash),
            *events[6:],
        ],
        5,
    ),
    "the last deleted": (lambda events: events[:-1], LENGTH),
    "one added at the end": (lambda events: [*events, events[-1]._replace(number=LENGTH + 1)], LENGTH + 1),
    "a number that was never given": (lambda events: [events[0]._replace(number=0), *events], 1),
    "everything deleted": (lambda _: [], 1),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_what_was_tampered_with_is_named(name: str) -> None:
    tamper, number = TAMPERINGS[name]
    bad = first_bad(tamper(a_chain()), head_of(a_chain()), {})
    assert bad is not None
    assert bad.number == number


def test_a_chain_made_anew_is_told_by_the_marks_alone() -> None:
    genuine = a_chain()
    forged = chained_again([event._replace(kind="audit.read") if event.number == 5 else event for event in genuine])
    assert first_bad(forged, head_of(forged), {}) is None, "this is why there are checkpoints"
    found = first_bad(forged, head_of(forged), marks_of(genuine))
    assert found == BadEvent(5, "it is not the event that was signed in a checkpoint")


def test_an_end_cut_off_together_with_the_head_is_told_by_the_marks_alone() -> None:
    genuine = a_chain()
    cut = genuine[:7]
    assert first_bad(cut, head_of(cut), marks_of(genuine[:7])) is None, "nothing was signed after it"
    bad = first_bad(cut, head_of(cut), marks_of(genuine))
    assert bad is not None
    assert bad.number == 8


def test_a_head_that_is_lost_or_another_is_told() -> None:
    events = a_chain()
    assert first_bad(events, None, {}) == BadEvent(1, "the trail has lost its head")
    other = first_bad(events, Head(LENGTH, "f" * 64), {})
    assert other == BadEvent(LENGTH, "it is not the event with which the trail ends")


def test_a_mark_is_long_enough_not_to_be_met_by_chance() -> None:
    assert MARK_LENGTH * 4 >= 64


@pytest.mark.parametrize(
    ("kept", "counted", "bad"),
    [
        (LENGTH, LENGTH, None),
        (LENGTH, LENGTH + 2, BadEvent(LENGTH + 1, f"it is missing: the trail counts {LENGTH + 2} events")),
        (LENGTH, 3, BadEvent(4, "it was added behind the trail, which counts 3 events")),
        (0, 0, None),
    ],
)
def test_a_trail_ends_where_its_head_says(kept: int, counted: int, bad: BadEvent | None) -> None:
    events = a_chain()[:kept]
    last = events[-1].hash if events else Head().hash
    assert first_bad(events, Head(counted, last), {}) == bad
