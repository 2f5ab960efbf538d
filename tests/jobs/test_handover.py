"""What one process hands to another arrives equal, and never a long part of it at once."""

import io
import pickle
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.foundation.jobs import handover
from api.foundation.jobs.handover import ITEMS_OF_A_PART, receive, send


@dataclass(frozen=True)
class Thing:
    name: str
    parts: Any


LONG = range(3 * ITEMS_OF_A_PART + 7)
VALUES = st.recursive(
    st.none() | st.integers() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(), inner)
        | st.builds(Thing, st.text(), inner)
    ),
    max_leaves=20,
)


def handed_over(value: Any, *, keep_packed: bool = False) -> Any:
    stream = io.BytesIO()
    send(value, stream)
    stream.seek(0)
    received = receive(stream, keep_packed=keep_packed)
    assert stream.read() == b"", "all of it was taken"
    return received


@given(VALUES)
def test_whatever_is_sent_arrives_equal(value: Any) -> None:
    assert handed_over(value) == value


@pytest.mark.parametrize(
    "value",
    [
        list(LONG),
        tuple(LONG),
        set(LONG),
        frozenset(LONG),
        dict.fromkeys(LONG, "x"),
        Thing("two", [list(LONG), {"within": tuple(LONG)}]),
        [(number, {"of": [number]}) for number in LONG],
    ],
)
def test_what_is_long_arrives_as_it_was(value: Any) -> None:
    received = handed_over(value)
    assert received == value
    assert type(received) is type(value)


def test_what_is_kept_packed_is_used_like_a_list_and_a_dictionary() -> None:
    given = Thing("two", [list(LONG), tuple(LONG), {number: str(number) for number in LONG}, set(LONG)])
    received = handed_over(given, keep_packed=True)
    assert received == given
    assert given == received
    listed, _, named, numbers = received.parts
    assert (len(listed), len(named), len(numbers)) == (len(LONG), len(LONG), len(LONG))
    assert [listed[place] for place in (0, ITEMS_OF_A_PART, -1)] == [0, ITEMS_OF_A_PART, LONG[-1]]
    assert listed[ITEMS_OF_A_PART - 2 : ITEMS_OF_A_PART + 2] == list(range(ITEMS_OF_A_PART - 2, ITEMS_OF_A_PART + 2))
    assert (named[7], named.get(-1), 7 in named, 7 in listed) == ("7", None, True, True)
    assert listed != [*LONG[:-1], -1]
    assert listed != LONG
    with pytest.raises(IndexError):
        listed[len(LONG)]


def test_what_is_kept_packed_is_unpacked_when_it_is_used_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    received, used = handed_over([(number, "x") for number in LONG], keep_packed=True), list[int]()
    whole = handover.unpacked

    def unpacked(value: bytes) -> Any:
        used.append(len(value))
        return whole(value)

    monkeypatch.setattr(handover, "unpacked", unpacked)
    items = iter(received)
    assert used == []
    next(items)
    assert len(used) == 1
    assert sum(1 for _ in items) == len(LONG) - 1
    assert len(used) == 4
    used.clear()
    assert received[1:ITEMS_OF_A_PART] == [(number, "x") for number in range(1, ITEMS_OF_A_PART)]
    assert len(used) == 2  # of the last part the length


def test_no_part_is_longer_than_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = []
    whole = handover.unpacked

    def unpacked(value: bytes) -> Any:
        part = whole(value)
        lengths.append(len(part))
        return part

    monkeypatch.setattr(handover, "unpacked", unpacked)
    handed_over(Thing("rows", {"of": list(LONG)}))
    assert max(lengths) == ITEMS_OF_A_PART


def test_what_is_cut_off_is_refused() -> None:
    stream = io.BytesIO()
    send([list(LONG)], stream)
    with pytest.raises((EOFError, pickle.UnpicklingError)):
        receive(io.BytesIO(stream.getvalue()[:-5]))
