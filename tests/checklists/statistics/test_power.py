import random
from fractions import Fraction

import numpy as np
import pytest

from checklists.statistics.intervals import newcombe_difference
from checklists.statistics.power import _binomial, chance_of_seeing, size_to_see

HALF, SEVENTY = Fraction(1, 2), Fraction(7, 10)


@pytest.mark.parametrize(
    ("before", "n_before", "now", "n"),
    [(0.5, 40, 0.7, 40), (0.3, 20, 0.6, 20), (0.6, 10, 0.9, 10), (0.8, 40, 0.9, 60), (0.45, 60, 0.75, 25)],
)
def test_the_chance_of_seeing_a_rise_is_that_of_a_simulation(before: float, n_before: int, now: float, n: int) -> None:
    drawn = np.random.default_rng(20261129)
    runs = 60_000
    numbers, counts = np.unique(
        np.stack([drawn.binomial(n, now, runs), drawn.binomial(n_before, before, runs)]), axis=1, return_counts=True
    )
    seen = sum(
        int(times)
        for (hits, earlier), times in zip(numbers.T, counts, strict=True)
        if newcombe_difference(int(hits), n, int(earlier), n_before)[0] > 0
    )
    found = chance_of_seeing(Fraction(before), n_before, Fraction(now), n)
    assert found == pytest.approx(seen / runs, abs=0.01)


@pytest.mark.parametrize(("before", "now"), [("0.4", "0.8"), ("0", "0.3"), ("0.6", "1")])
def test_the_chance_is_the_sum_over_everything_that_both_samples_may_show(before: str, now: str) -> None:
    def binomial(n: int, share: float) -> list[float]:
        chances = [1.0]
        for _ in range(n):
            chances = [
                (chances[k] if k < len(chances) else 0) * (1 - share) + (chances[k - 1] * share if k else 0)
                for k in range(len(chances) + 1)
            ]
        return chances

    expected = sum(
        one * other
        for hits, one in enumerate(binomial(15, float(now)))
        for earlier, other in enumerate(binomial(12, float(before)))
        if newcombe_difference(hits, 15, earlier, 12)[0] > 0
    )
    assert chance_of_seeing(Fraction(before), 12, Fraction(now), 15) == pytest.approx(expected, abs=1e-7)


def test_a_rise_that_is_none_is_seen_in_at_most_1_of_40() -> None:
    for share in (Fraction(k, 10) for k in range(1, 10)):
        assert chance_of_seeing(share, 40, share, 40) < 0.03


def test_certain_shares_have_certain_samples() -> None:
    assert chance_of_seeing(Fraction(0), 10, Fraction(1), 10) == 1
    assert chance_of_seeing(Fraction(1), 10, Fraction(1), 10) == 0
    assert chance_of_seeing(Fraction(1), 10, Fraction(0), 10) == 0


def test_the_size_is_the_least_that_a_search_finds_enough() -> None:
    size = size_to_see(HALF, 200, SEVENTY, chance=0.8, most=500)
    assert size is not None
    assert chance_of_seeing(HALF, 200, SEVENTY, size) >= 0.8
    assert chance_of_seeing(HALF, 200, SEVENTY, size - 5) < 0.8


def test_no_size_is_enough_where_the_earlier_round_has_too_few_answers() -> None:
    assert size_to_see(HALF, 10, SEVENTY, chance=0.8, most=100_000) is None


def test_a_second_look_needs_more_cases() -> None:
    once = size_to_see(HALF, 200, SEVENTY, chance=0.8, most=500)
    again = size_to_see(HALF, 200, SEVENTY, chance=0.8, most=500, confidence=0.975)
    assert once is not None
    assert again is not None
    assert once < again


@pytest.mark.parametrize(
    ("before", "n_before", "now", "n"), [(Fraction(-1), 5, HALF, 5), (HALF, 5, Fraction(2), 5), (HALF, 0, HALF, 5)]
)
def test_impossible_samples_are_refused(before: Fraction, n_before: int, now: Fraction, n: int) -> None:
    with pytest.raises(ValueError, match=r"between 0 and 1|at least one case"):
        chance_of_seeing(before, n_before, now, n)


def test_more_hits_before_never_need_fewer_now() -> None:
    """What lets the sum go through both samples once."""
    chosen = random.Random(5)
    for _ in range(200):
        n, n_before = chosen.randint(1, 60), chosen.randint(1, 60)
        least = [
            next((k for k in range(n + 1) if newcombe_difference(k, n, earlier, n_before)[0] > 0), n + 1)
            for earlier in range(n_before + 1)
        ]
        assert least == sorted(least)


def test_a_sample_of_one_can_be_asked_about_and_what_is_left_out_is_under_1_in_10_to_the_8th() -> None:
    assert chance_of_seeing(HALF, 1, SEVENTY, 1) == 0
    # Six standard deviations of 50 and one hit more on each side of 5,000.
    least, chances = _binomial(10_000, 0.5)
    assert (least, len(chances)) == (5_000 - 301, 603)
    assert 1 - 1e-8 < sum(chances) < 1 + 1e-8
    assert _binomial(7, 1.0) == (7, [1.0])
    assert _binomial(7, 0.0) == (0, [1.0])
    assert [round(chance, 12) for chance in _binomial(2, 0.5)[1]] == [0.25, 0.5, 0.25]


def test_a_size_of_one_is_found_and_so_is_the_most() -> None:
    nought, whole = Fraction(0), Fraction(1)
    assert size_to_see(nought, 400, whole, chance=0.5, most=9) == 1
    assert size_to_see(nought, 6, whole, chance=0.5, most=100) == next(
        size for size in range(1, 101) if chance_of_seeing(nought, 6, whole, size) == 1
    )
