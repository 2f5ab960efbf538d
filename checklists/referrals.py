"""Re-referrals: whether a child was referred again within twelve months of the referral before.

The definition is that of the national statistics: "a re-referral occurs when a child is referred within 12 months of a
previous referral" (Department for Education, Children in need methodology, from the children in need census).
"""

from collections.abc import Iterable
from datetime import date


def is_re_referral(days: Iterable[date]) -> bool:
    """Whether the latest referral came within twelve months of the one before; several on one day are one."""
    latest, before = (*sorted(set(days), reverse=True)[:2], None, None)[:2]
    return latest is not None and before is not None and before >= _a_year_before(latest)


def _a_year_before(day: date) -> date:
    """The same day of the year before; of 29 February, the day before it."""
    return date(day.year - 1, day.month, 28 if (day.month, day.day) == (2, 29) else day.day)
