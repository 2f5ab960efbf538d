"""Fisher's exact test against scipy, and how often it calls chance a difference."""

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from checklists.statistics.fisher import fisher_two_sided

counts = st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts, counts)
def test_it_is_that_of_scipy_and_the_same_either_way_round(one: tuple[int, int], other: tuple[int, int]) -> None:
    table = [[one[0], one[1] - one[0]], [other[0], other[1] - other[0]]]
    found = fisher_two_sided(*one, *other)
    assert found == pytest.approx(fisher_exact(table).pvalue, abs=1e-9)
    assert found == pytest.approx(fisher_two_sided(*other, *one), abs=1e-12)
    assert 0 < found <= 1


def test_the_tea_that_a_lady_tasted() -> None:
    """Three of four cups right: 34 of the 70 ways to choose are as good or as bad."""
    assert fisher_two_sided(3, 4, 1, 4) == pytest.approx(34 / 70)
    assert fisher_two_sided(4, 4, 0, 4) == pytest.approx(2 / comb(8, 4))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_it_never_calls_chance_a_difference_more_often_than_it_says(share: float) -> None:
    n = 20
    chances = [comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(n + 1)]
    for limit in (0.05, 0.01, 0.001):
        called = sum(
            chances[one] * chances[other]
            for one in range(n + 1)
            for other in range(n + 1)
            if fisher_two_sided(one, n, other, n) <= limit
        )
        assert called <= limit


def test_large_tables_are_quick_and_impossible_ones_refused() -> None:
    assert fisher_two_sided(10_000, 20_000, 9_000, 20_000) < 1e-15
    for wrong in ((-1, 4, 0, 4), (5, 4, 0, 4), (0, 4, 5, 4)):
        with pytest.raises(ValueError, match="between 0 and n"):
            fisher_two_sided(*wrong)
