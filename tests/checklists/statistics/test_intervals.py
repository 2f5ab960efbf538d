from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from checklists.statistics.intervals import newcombe_difference, wilson

counted_shares = st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_those_newcombe_published(successes: int, n: int, low: float, high: float) -> None:
    assert [round(end, 4) for end in wilson(successes, n)] == [low, high]


@pytest.mark.parametrize("confidence", [0.8, 0.9, 0.95, 0.99])
def test_intervals_are_those_of_statsmodels(confidence: float) -> None:
    for n in (1, 2, 3, 5, 8, 13, 60, 263, 1000, 100_000):
        for successes in {0, 1, n // 7, n // 3, n // 2, n - 1, n}:
            expected = proportion_confint(successes, n, alpha=1 - confidence, method="wilson")
            assert wilson(successes, n, confidence=confidence) == pytest.approx(expected, abs=1e-12)


@given(counted_shares)
def test_an_interval_holds_its_share_and_mirrors(counted: tuple[int, int]) -> None:
    successes, n = counted
    low, high = wilson(successes, n)
    assert 0 <= low <= successes / n + 1e-12
    assert successes / n - 1e-12 <= high <= 1
    assert wilson(n - successes, n) == pytest.approx((1 - high, 1 - low), abs=1e-9)
    assert (low == 0) == (successes == 0)
    assert (high == 1) == (successes == n)


def test_a_share_can_be_carried_over_to_another_n() -> None:
    assert wilson(Fraction(3, 10) * 10, 10) == wilson(3, 10)
    low, high = wilson(Fraction(3, 10) * 7, 7)
    assert low < wilson(3, 10)[0]
    assert high > wilson(3, 10)[1]


def test_an_effective_size_may_be_a_fraction() -> None:
    low, high = wilson(Fraction(3, 10) * Fraction(15, 2), Fraction(15, 2))
    assert wilson(Fraction(3, 10) * 7, 7)[0] < low < wilson(Fraction(3, 10) * 8, 8)[0]
    assert wilson(Fraction(3, 10) * 8, 8)[1] < high < wilson(Fraction(3, 10) * 7, 7)[1]


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (0, -1), (-1, 5), (6, 5)])
def test_impossible_counts_are_refused(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match=r"observation|between 0 and n"):
        wilson(successes, n)


@pytest.mark.parametrize("confidence", [0, 1, 1.5])
def test_impossible_confidence_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence"):
        wilson(1, 2, confidence=confidence)


# Newcombe 1998 (Statistics in Medicine 17, 873-890), table II, method 10.
@pytest.mark.parametrize(
    ("hits", "n", "hits_before", "n_before", "low", "high"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (0, 10, 0, 10, -0.2775, 0.2775),
        (10, 10, 0, 20, 0.6791, 1.0000),
        (10, 10, 0, 10, 0.6075, 1.0000),
    ],
)
def test_intervals_of_a_difference_are_those_newcombe_published(
    hits: int, n: int, hits_before: int, n_before: int, low: float, high: float
) -> None:
    assert [round(end, 4) for end in newcombe_difference(hits, n, hits_before, n_before)] == [low, high]


def test_intervals_of_a_difference_are_those_of_statsmodels() -> None:
    shares = [(hits, n) for n in (1, 5, 8, 60, 1000) for hits in {0, 1, n // 3, n - 1, n}]
    for now in shares:
        for before in shares:
            expected = confint_proportions_2indep(*now, *before, method="newcomb", compare="diff")
            assert newcombe_difference(*now, *before) == pytest.approx(expected, abs=1e-12)


@given(counted_shares, counted_shares)
def test_an_interval_of_a_difference_holds_it_and_turns_round_with_it(
    now: tuple[int, int], before: tuple[int, int]
) -> None:
    low, high = newcombe_difference(*now, *before)
    difference = now[0] / now[1] - before[0] / before[1]
    assert -1 <= low <= difference + 1e-12
    assert difference - 1e-12 <= high <= 1
    assert newcombe_difference(*before, *now) == (-high, -low)


@pytest.mark.parametrize("counts", [(0, 0, 1, 2), (1, 2, 0, 0), (3, 2, 1, 2), (1, 2, -1, 2)])
def test_a_difference_of_impossible_counts_is_refused(counts: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match=r"observation|between 0 and n"):
        newcombe_difference(*counts)
