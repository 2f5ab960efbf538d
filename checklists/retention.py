"""How long each kind of record is kept, and on which day one is deleted.

A period ends by the corresponding date rule (Dodds v Walker [1981] 1 WLR 1027): on the day of the same number, or on
the last day of a month that has no such day. A record is kept through that day, and deleted from the next one on.
"""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

SHORTEST_MONTHS: Final = 1
LONGEST_MONTHS: Final = 1_200
# After a shortening was confirmed, nothing is deleted by it for this long.
NOTICE: Final = timedelta(days=30)


class RetentionKind(StrEnum):
    """The kinds of record that have a retention period."""

    AUDITS = "audits"
    CASE_FILES = "case-files"
    SIGN_INS = "sign-ins"
    EMAILS = "emails"

    @property
    def label(self) -> str:
        return {
            "audits": "Audits of closed rounds",
            "case-files": "Case files",
            "sign-ins": "Sessions and sign-in links",
            "emails": "Records of emails",
        }[self.value]

    @property
    def counted_from(self) -> str:
        """The day from which the period runs, in words."""
        return {
            "audits": "the day the round was closed",
            "case-files": "the day the case was last on a case list, or was added; while it has no audits",
            "sign-ins": "the day the session or link was last used or ended",
            "emails": "the day the email was sent or given up",
        }[self.value]

    @property
    def default_months(self) -> int:
        """The period of an organisation that has not set its own."""
        return {"audits": 36, "case-files": 12, "sign-ins": 6, "emails": 3}[self.value]


@dataclass(frozen=True, slots=True)
class Change:
    """A period that was set, and the day on which it was set or, where a second person had to, confirmed."""

    on: date
    months: int


@dataclass(frozen=True, slots=True)
class Period:
    """A retention period in months, and a shorter one that applies from a later day on."""

    months: int
    shorter: Change | None = None

    def goes_on(self, start: date) -> date:
        """The first day on which a record is no longer kept. `start`: the day from which its period runs."""
        by_now = goes_on(start, self.months)
        if self.shorter is None:
            return by_now
        return min(by_now, max(goes_on(start, self.shorter.months), self.shorter.on))

    def latest_start(self, today: date) -> date:
        """The latest start of a record that is no longer kept today."""
        if self.shorter is not None and today >= self.shorter.on:
            return latest_start(today, min(self.months, self.shorter.months))
        return latest_start(today, self.months)


def period_of(default_months: int, changes: Iterable[Change], today: date) -> Period:
    """The period that applies today, from the changes in their order.

    A longer period applies at once. A shorter one applies NOTICE after it was confirmed, unless another is set before.
    """
    period = Period(default_months)
    for change in changes:
        period = _on_day(period, change.on)
        if change.months >= period.months:
            period = Period(change.months)
        else:
            period = Period(period.months, Change(change.on + NOTICE, change.months))
    return _on_day(period, today)


def is_shortening(period: Period, months: int) -> bool:
    """Whether a new period is shorter than the one that applies."""
    return months < period.months


def last_day(start: date, months: int) -> date:
    """The last day of a period that runs from `start`, by the corresponding date rule."""
    year, month = _months_from(start, months)
    return date(year, month, min(start.day, _days_in(year, month)))


def goes_on(start: date, months: int) -> date:
    """The day after the last day of a period."""
    return last_day(start, months) + timedelta(days=1)


def latest_start(today: date, months: int) -> date:
    """The latest start of a period that ended before today."""
    yesterday = today - timedelta(days=1)
    year, month = _months_from(yesterday, -months)
    days = _days_in(year, month)
    is_end_of_month = yesterday.day == _days_in(yesterday.year, yesterday.month)
    return date(year, month, days if is_end_of_month else min(yesterday.day, days))


def _on_day(period: Period, day: date) -> Period:
    return Period(period.shorter.months) if period.shorter is not None and day >= period.shorter.on else period


def _months_from(day: date, months: int) -> tuple[int, int]:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return year, month + 1


def _days_in(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]
