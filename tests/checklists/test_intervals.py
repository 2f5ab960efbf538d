from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from checklists.intervals import wilson


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


@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
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


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (0, -1), (-1, 5), (6, 5)])
def test_impossible_counts_are_refused(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match=r"observation|between 0 and n"):
        wilson(successes, n)


@pytest.mark.parametrize("confidence", [0, 1, 1.5])
def test_impossible_confidence_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence"):
        wilson(1, 2, confidence=confidence)
