from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from checklists.samples.sample_sizes import Interval, expected_interval
from checklists.statistics.intervals import wilson


@pytest.mark.parametrize(("size", "population"), [(1, 2), (8, 20), (30, 400), (400, 20_000)])
@pytest.mark.parametrize("share", [0, 0.25, 0.5, 1])
def test_an_interval_is_wilsons_on_the_size_that_is_worth_as_much(size: int, population: int, share: float) -> None:
    worth = size * (population - 1) / (population - size)
    low, high = proportion_confint(share * worth, worth, method="wilson")
    found = expected_interval(size, population, share)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-12)


def test_reading_every_case_leaves_nothing_to_chance() -> None:
    assert expected_interval(7, 7, Fraction(2, 7)) == Interval(2 / 7, 2 / 7)
    assert expected_interval(1, 1, 1) == Interval(1, 1)


def test_in_a_large_population_the_correction_goes() -> None:
    found = expected_interval(50, 10**9, Fraction(3, 5))
    assert (found.low, found.high) == pytest.approx(wilson(30, 50), abs=1e-6)


@given(st.integers(2, 400), st.fractions(0, 1, max_denominator=20), st.data())
def test_one_case_more_never_makes_an_interval_wider(population: int, share: Fraction, data: st.DataObject) -> None:
    size = data.draw(st.integers(1, population - 1))
    more, fewer = expected_interval(size + 1, population, share), expected_interval(size, population, share)
    assert more.high - more.low <= fewer.high - fewer.low + 2e-12
    assert fewer.low <= share + Fraction(1, 10**12)
    assert share <= fewer.high + 1e-12


@pytest.mark.parametrize(
    ("size", "population", "share", "why"),
    [(0, 5, 0.5, "size"), (6, 5, 0.5, "size"), (3, 5, -0.1, "share"), (5, 5, 1.1, "share")],
)
def test_an_interval_of_nonsense_is_refused(size: int, population: int, share: float, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        expected_interval(size, population, share)
