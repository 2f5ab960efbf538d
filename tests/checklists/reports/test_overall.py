"""The distribution of overall judgements: every audit in one place, and the share that meets the standard."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.reports.overall import distribution
from checklists.statistics.intervals import wilson
from checklists.templates.scale import FOUR_GRADES
from tests.checklists.full_template import a_full_template
from tests.checklists.small_template import a_template

TEMPLATE = a_template()
RATINGS = [rating.key for rating in FOUR_GRADES.ratings]


@given(st.dictionaries(st.sampled_from([*RATINGS, ""]), st.integers(0, 500)))
def test_every_audit_is_counted_once_and_the_share_is_of_those_judged(counts: dict[str, int]) -> None:
    found = distribution(TEMPLATE, counts)
    assert list(found.counts) == RATINGS
    assert sum(found.counts.values()) + found.not_judged == sum(counts.values())
    assert found.meeting == counts.get("outstanding", 0) + counts.get("good", 0)
    if found.judged == 0:
        assert (found.share_meeting, found.meeting_interval) == (None, None)
    else:
        assert found.share_meeting == Fraction(found.meeting, found.judged)
        assert found.meeting_interval == wilson(found.meeting, found.judged)


def test_a_published_distribution_comes_out() -> None:
    """R. G. Newcombe (1998), table I: 81 of 263 have the 95% interval 0.2553 to 0.3662 by method 3."""
    found = distribution(TEMPLATE, {"outstanding": 1, "good": 80, "requires-improvement": 100, "inadequate": 82})
    assert found.meeting_interval == pytest.approx((0.2553, 0.3662), abs=0.00005)


def test_an_audit_that_cannot_be_judged_is_counted_and_does_not_meet_the_standard() -> None:
    found = distribution(a_full_template(), {"good": 3, "cannot-be-judged": 1, "": 2})
    assert found.counts["cannot-be-judged"] == 1
    assert (found.judged, found.meeting, found.not_judged) == (4, 3, 2)


@pytest.mark.parametrize("counts", [{"cannot-be-judged": 1}, {"excellent": 1}, {"good": -1}])
def test_what_is_no_distribution_is_refused(counts: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"overall judgement|negative"):
        distribution(TEMPLATE, counts)
