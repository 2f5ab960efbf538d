"""The limit of requests: as much as a bucket holds, then as fast as it refills, for each key by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.foundation.http.limits import Limiter


class Hands:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


WAITS = st.floats(min_value=0, max_value=30, allow_nan=False)
COSTS = st.floats(min_value=0.1, max_value=30, allow_nan=False)
RATES = st.floats(min_value=0.1, max_value=50, allow_nan=False)


@given(RATES, st.floats(min_value=1, max_value=20), st.lists(st.tuples(WAITS, COSTS), max_size=60))
def test_nobody_gets_more_than_the_burst_and_what_refills_in_any_stretch_of_time(
    rate: float, burst: float, asked: list[tuple[float, float]]
) -> None:
    hands, spent = Hands(), []
    limiter = Limiter(rate=rate, burst=burst, monotonic=hands)
    for wait, cost in asked:
        hands.at += wait
        if limiter.take("somebody", cost=cost) == 0:
            spent.append((hands.at, min(cost, burst)))
    for first, (begin, _) in enumerate(spent):
        taken = 0.0
        for end, cost in spent[first:]:
            taken += cost
            assert taken <= burst + (end - begin) * rate + 1e-6


@given(RATES, st.floats(min_value=1, max_value=20), st.lists(st.tuples(WAITS, COSTS), max_size=30), COSTS)
def test_the_wait_that_is_told_is_enough_and_hardly_more_than_enough(
    rate: float, burst: float, asked: list[tuple[float, float]], cost: float
) -> None:
    hands = Hands()
    limiter = Limiter(rate=rate, burst=burst, monotonic=hands)
    for wait, before in asked:
        hands.at += wait
        limiter.take("somebody", cost=before)
    wait = limiter.take("somebody", cost=cost)
    assert 0 <= wait <= burst / rate + 1e-6
    if wait > 1e-6:
        hands.at += wait * 0.99
        assert limiter.take("somebody", cost=cost) > 0
        hands.at += wait * 0.01 + 1e-6
        assert limiter.take("somebody", cost=cost) == 0


@given(st.lists(st.sampled_from("abcdefgh"), max_size=100), st.integers(min_value=1, max_value=4))
def test_what_is_remembered_is_bounded(keys: list[str], most: int) -> None:
    limiter = Limiter(rate=1, burst=2, most_keys=most, monotonic=Hands())
    for key in keys:
        limiter.take(key)
        assert len(limiter) <= most


def test_one_key_takes_nothing_from_another() -> None:
    limiter = Limiter(rate=1, burst=3, monotonic=Hands())
    assert [limiter.take("loud") for _ in range(5)] == [0, 0, 0, 1, 1]
    assert limiter.take("quiet") == 0


def test_what_is_refused_costs_nothing_and_a_clock_that_runs_back_gives_nothing() -> None:
    hands = Hands()
    limiter = Limiter(rate=2, burst=4, monotonic=hands)
    assert limiter.take("somebody", cost=4) == 0
    assert [limiter.take("somebody", cost=2) for _ in range(100)] == [1] * 100
    hands.at -= 100
    assert limiter.take("somebody", cost=2) == 1
    hands.at += 1
    assert limiter.take("somebody", cost=2) == 0


def test_a_limiter_that_lets_nothing_through_is_refused() -> None:
    for rate, burst, most_keys in ((0, 1, 1), (1, 0, 1), (1, 1, 0)):
        with pytest.raises(ValueError, match="needs"):
            Limiter(rate=rate, burst=burst, most_keys=most_keys)
