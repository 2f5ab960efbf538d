from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap as scipy_bootstrap
from scipy.stats import chisquare, skew

from checklists.statistics.bootstrap import RESAMPLES, _acceleration, interval, resamples


def test_resamples_are_the_same_on_every_machine() -> None:
    assert list(resamples(6, 2, "seed")) == [[3, 4, 2, 2, 5, 0], [3, 0, 4, 4, 1, 2]]


def test_every_case_is_as_likely_as_any_other_in_every_place() -> None:
    drawn = list(resamples(7, 7000, "fair"))
    for place in range(7):
        assert chisquare(list(Counter(sample[place] for sample in drawn).values())).pvalue > 0.001
    assert chisquare(list(Counter((sample[0], sample[1]) for sample in drawn).values())).pvalue > 0.001


@given(st.integers(1, 50), st.text(max_size=5))
def test_a_resample_has_as_many_cases_as_there_are_and_no_others(n: int, seed: str) -> None:
    samples = list(resamples(n, 3, seed))
    assert len(samples) == 3
    for sample in samples:
        assert len(sample) == n
        assert set(sample) <= set(range(n))
    assert n < 10 or samples[0] != samples[1] or samples[1] != samples[2]


def test_another_seed_draws_other_cases() -> None:
    assert list(resamples(20, 1, "a")) != list(resamples(20, 1, "b"))


def test_an_interval_is_that_of_scipy() -> None:
    sample = [0.1, 0.3, 0.2, 0.2, 0.9, 0.4, 0.1, 0.15, 0.3, 0.25, 0.7, 0.1]
    value = sum(sample) / len(sample)
    means = [sum(map(sample.__getitem__, drawn)) / len(sample) for drawn in resamples(len(sample), 20_000, "seed")]
    left_out = Counter((sum(sample) - one) / (len(sample) - 1) for one in sample)
    expected = scipy_bootstrap((sample,), np.mean, n_resamples=20_000, method="BCa", rng=1).confidence_interval
    assert interval(value, means, 20_000, left_out) == pytest.approx((expected.low, expected.high), abs=0.005)


def test_an_interval_of_a_figure_without_bias_or_skew_leaves_a_fortieth_on_either_side() -> None:
    values = [float(value) for value in range(999, -1, -1)]
    assert interval(499.5, values, 1000, {}) == (24.0, 975.0)


@pytest.mark.parametrize(("value", "expected"), [(354.5, (2.0, 888.0)), (644.5, (111.0, 997.0))])
def test_an_end_is_the_value_of_its_place_among_one_more_than_there_are_resamples(
    value: float, expected: tuple[float, float]
) -> None:
    """With 355 or 645 of 1,000 below the figure, 3.4 and 112.1 of 1,001 places lie beyond the ends."""
    assert interval(value, [float(value) for value in range(1000)], 1000, {}) == expected


def test_values_that_are_missing_could_be_anything_and_move_both_ends_out() -> None:
    values = [float(value) for value in range(990)]
    assert interval(494.5, values, 1000, {}) == (14.0, 975.0)


def test_no_interval_where_an_end_would_be_a_missing_value() -> None:
    assert interval(0.5, [0.5] * 976, 1000, {}) == (0.5, 0.5)
    assert interval(0.5, [0.5] * 975, 1000, {}) is None
    assert interval(0.5, [], 1000, {}) is None


def test_too_few_resamples_have_no_interval() -> None:
    assert interval(0.5, [0.1, 0.9] * 49, 98, {}) is None
    assert interval(0.5, [0.1, 0.9] * 50, 100, {}) == (0.1, 0.9)


@given(
    st.floats(0, 1),
    st.lists(st.floats(0, 1), min_size=100, max_size=130),
    st.dictionaries(st.floats(0, 1), st.integers(1, 50)),
)
def test_both_ends_are_values_of_resamples_in_their_order(
    value: float, resampled: list[float], left_out: dict[float, int]
) -> None:
    found = interval(value, resampled, len(resampled), left_out)
    assert found is not None
    assert found[0] <= found[1]
    assert set(found) <= set(resampled)


def test_more_values_than_resamples_are_refused() -> None:
    with pytest.raises(ValueError, match="more values"):
        interval(0.1, [0.1, 0.2], 1, {})


def test_nothing_cannot_be_resampled() -> None:
    with pytest.raises(ValueError, match="at least one case"):
        next(resamples(0, 1, "seed"))


@pytest.mark.parametrize("figures", [[0.1, 0.2, 0.9], [1.0, 2.0, 2.0, 7.0, 7.5], [0.0, 0.0, 1.0]])
def test_the_skewness_is_a_sixth_of_that_of_the_figures_with_one_case_left_out(figures: list[float]) -> None:
    """a = skewness of the influence / (6 √n): Efron 1987, equation 7.3; the influence has the opposite sign."""
    expected = -skew(figures) / (6 * len(figures) ** 0.5)
    assert _acceleration(Counter(figures)) == pytest.approx(expected, rel=1e-9)


def test_figures_that_no_case_moves_have_no_skewness() -> None:
    assert _acceleration({}) == _acceleration({0.3: 7}) == 0
    assert RESAMPLES == 1000


@pytest.mark.parametrize(("value", "end"), [(-1.0, 0.0), (1_000.0, 999.0)])
def test_a_figure_beyond_all_of_its_resamples_has_an_interval(value: float, end: float) -> None:
    assert interval(value, [float(each) for each in range(1_000)], 1_000, {}) == (end, end)
