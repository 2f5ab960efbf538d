from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.reports.weighting import WeightedShare, weighted_share
from checklists.statistics.intervals import wilson

counts = st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
weights = st.fractions(min_value=Fraction(1, 100), max_value=100)
some_parts = st.lists(st.builds(lambda weight, count: (weight, *count), weights, counts), max_size=6)


def shared(*parts: tuple[Fraction, int, int]) -> WeightedShare:
    found = weighted_share(parts)
    assert found is not None
    return found


def test_two_strata_sampled_at_different_rates() -> None:
    # 10 of 40 cases under a plan and 10 of 160 others: each audit stands for 4 cases, or for 16.
    # Share: (4 x 9 + 16 x 4) / (4 x 10 + 16 x 10) = 100 / 200 = 0.5, where 13 of 20 unweighted say 0.65.
    # Effective n: 200 squared / (16 x 10 + 256 x 10) = 40,000 / 2,720 = 14.7059.
    # Wilson with p = 0.5 is 0.5 -/+ (z / 2) / sqrt(n + z squared) = 0.5 -/+ 0.97998 / sqrt(18.5474) = 0.5 -/+ 0.22755.
    found = shared((Fraction(4), 9, 10), (Fraction(16), 4, 10))
    assert found.share == Fraction(1, 2)
    assert found.effective_n == pytest.approx(14.7059, abs=5e-5)
    assert found.interval == pytest.approx((0.27245, 0.72755), abs=5e-5)


@given(weights, st.lists(counts, max_size=6))
def test_equal_weights_say_what_no_weights_say(weight: Fraction, parts: list[tuple[int, int]]) -> None:
    meeting, applicable = sum(part[0] for part in parts), sum(part[1] for part in parts)
    found = weighted_share([(weight, *part) for part in parts])
    if applicable == 0:
        assert found is None
    else:
        assert found == WeightedShare(Fraction(meeting, applicable), wilson(meeting, applicable), applicable)


@given(some_parts, weights)
def test_only_the_proportions_of_weights_matter(parts: list[tuple[Fraction, int, int]], factor: Fraction) -> None:
    scaled = [(weight * factor, meeting, applicable) for weight, meeting, applicable in parts]
    assert weighted_share(scaled) == weighted_share(parts)


@given(some_parts)
def test_weighting_never_adds_audits(parts: list[tuple[Fraction, int, int]]) -> None:
    found = weighted_share(parts)
    applicable = sum(part[2] for part in parts)
    assert (found is None) == (applicable == 0)
    if found is not None:
        assert 1 <= found.effective_n <= applicable
        assert 0 <= found.interval[0] <= found.share + Fraction(1, 10**12)
        assert found.share - Fraction(1, 10**12) <= found.interval[1] <= 1


def test_parts_without_applicable_answers_say_nothing() -> None:
    assert weighted_share([]) is None
    assert weighted_share([(Fraction(3), 0, 0)]) is None
    assert shared((Fraction(3), 0, 0), (Fraction(2), 1, 4)) == shared((Fraction(1), 1, 4))


@pytest.mark.parametrize("weight", [Fraction(0), Fraction(-1)])
def test_a_weight_of_nothing_is_refused(weight: Fraction) -> None:
    with pytest.raises(ValueError, match="weight"):
        weighted_share([(weight, 1, 2)])


@pytest.mark.parametrize(("meeting", "applicable"), [(3, 2), (-1, 2)])
def test_impossible_counts_are_refused(meeting: int, applicable: int) -> None:
    with pytest.raises(ValueError, match="between 0 and applicable"):
        weighted_share([(Fraction(1), meeting, applicable)])
