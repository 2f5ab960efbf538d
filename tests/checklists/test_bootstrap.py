from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from checklists.bootstrap import percentile_interval, resamples


def test_resamples_are_the_same_on_every_machine() -> None:
    assert list(resamples(6, 2, "seed")) == [[0, 5, 3, 0, 1, 4], [2, 1, 0, 1, 3, 4]]


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


def test_an_interval_leaves_a_fortieth_on_either_side() -> None:
    values = [float(value) for value in range(999, -1, -1)]
    assert percentile_interval(values, 1000) == (24.0, 975.0)


def test_values_that_are_missing_could_be_anything_and_move_both_ends_out() -> None:
    values = [float(value) for value in range(990)]
    assert percentile_interval(values, 1000) == (14.0, 975.0)


def test_no_interval_where_an_end_would_be_a_missing_value() -> None:
    assert percentile_interval([0.5] * 976, 1000) == (0.5, 0.5)
    assert percentile_interval([0.5] * 975, 1000) is None
    assert percentile_interval([], 1000) is None


def test_too_few_resamples_have_no_interval() -> None:
    assert percentile_interval([0.1, 0.9] * 10, 20) is None


@pytest.mark.parametrize(("values", "times", "confidence"), [([0.1, 0.2], 1, 0.95), ([], 10, 0), ([], 10, 1)])
def test_impossible_requests_are_refused(values: list[float], times: int, confidence: float) -> None:
    with pytest.raises(ValueError, match=r"more values|confidence"):
        percentile_interval(values, times, confidence=confidence)


def test_nothing_cannot_be_resampled() -> None:
    with pytest.raises(ValueError, match="at least one case"):
        next(resamples(0, 1, "seed"))
