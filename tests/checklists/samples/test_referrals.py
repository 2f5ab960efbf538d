"""A re-referral is a referral within twelve months of the one before."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.referrals import is_re_referral


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([], False),
        ([date(2026, 3, 1)], False),
        ([date(2026, 3, 1), date(2026, 3, 1)], False),
        ([date(2026, 3, 1), date(2025, 3, 1)], True),
        ([date(2026, 3, 1), date(2025, 2, 28)], False),
        ([date(2024, 2, 29), date(2023, 2, 28)], True),
        ([date(2024, 2, 29), date(2023, 2, 27)], False),
        # Only the latest referral counts, and only the one before it.
        ([date(2020, 1, 1), date(2020, 2, 1), date(2026, 3, 1)], False),
        ([date(2026, 3, 1), date(2020, 1, 1), date(2025, 12, 31)], True),
    ],
)
def test_the_latest_referral_counts_with_the_one_before_it(days: list[date], expected: bool) -> None:
    assert is_re_referral(days) is expected


@given(st.lists(st.dates(date(2000, 1, 1), date(2026, 1, 1)), min_size=1))
def test_another_referral_soon_after_the_latest_is_always_a_re_referral(days: list[date]) -> None:
    assert is_re_referral([*days, max(days) + timedelta(days=1)])
    assert not is_re_referral([*days, max(days) + timedelta(days=367)])
