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


def handed_over(value: Any) -> Any:
    stream = io.BytesIO()
    send(value, stream)
    stream.seek(0)
    received = receive(stream)
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


def test_no_part_is_longer_than_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = []
    whole = handover._read

    def read(stream: Any) -> Any:
        part = whole(stream)
        lengths.append(len(part) if isinstance(part, list) else 0)
        return part

    monkeypatch.setattr(handover, "_read", read)
    handed_over(Thing("rows", {"of": list(LONG)}))
    assert max(lengths) == ITEMS_OF_A_PART


def test_what_is_cut_off_is_refused() -> None:
    stream = io.BytesIO()
    send([list(LONG)], stream)
    with pytest.raises((EOFError, pickle.UnpicklingError)):
        receive(io.BytesIO(stream.getvalue()[:-5]))
