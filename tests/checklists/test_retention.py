"""Retention periods are exact to the day, over leap years, and a shorter one takes a month to apply."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.retention import (
    LONGEST_MONTHS,
    NOTICE,
    SHORTEST_MONTHS,
    Change,
    Period,
    RetentionKind,
    goes_on,
    is_shortening,
    last_day,
    latest_start,
    period_of,
)

DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 12, 31))
MONTHS = st.integers(min_value=1, max_value=240)
CHANGES = st.lists(st.builds(Change, DAYS, MONTHS), max_size=6).map(lambda made: sorted(made, key=lambda c: c.on))
PERIODS = st.builds(Period, MONTHS, st.none() | st.builds(Change, DAYS, MONTHS))


@pytest.mark.parametrize(
    ("start", "months", "last"),
    [
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2023, 2, 28), 12, date(2024, 2, 28)),
        (date(2025, 3, 1), 36, date(2028, 3, 1)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 10, 25), 3, date(2027, 1, 25)),  # the day on which clocks go back
        (date(1900, 1, 29), 1, date(1900, 2, 28)),  # no leap year
    ],
)
def test_a_period_ends_on_the_corresponding_day(start: date, months: int, last: date) -> None:
    assert last_day(start, months) == last
    assert goes_on(start, months) == last + timedelta(days=1)


@given(DAYS, MONTHS, DAYS)
def test_what_a_search_finds_is_exactly_what_is_no_longer_kept(start: date, months: int, today: date) -> None:
    assert (start <= latest_start(today, months)) == (goes_on(start, months) <= today)


@given(DAYS, MONTHS)
def test_on_the_days_around_its_end_too(start: date, months: int) -> None:
    end = last_day(start, months)
    assert start > latest_start(end, months)
    assert start <= latest_start(end + timedelta(days=1), months)


@given(DAYS, MONTHS)
def test_nothing_is_kept_shorter_than_its_period_nor_a_day_longer(start: date, months: int) -> None:
    end = last_day(start, months)
    years, rest = divmod(start.month - 1 + months, 12)
    assert (end.year, end.month) == (start.year + years, rest + 1)
    assert end.day == start.day or (end.day < start.day and (end + timedelta(days=1)).day == 1)


@given(DAYS, DAYS, MONTHS, MONTHS)
def test_what_began_later_or_is_kept_longer_never_goes_earlier(a: date, b: date, few: int, more: int) -> None:
    assert goes_on(min(a, b), few) <= goes_on(max(a, b), few)
    assert goes_on(a, min(few, more)) <= goes_on(a, max(few, more))


@given(PERIODS, DAYS, DAYS)
def test_with_a_shorter_period_to_come_a_search_finds_the_same(period: Period, start: date, today: date) -> None:
    assert (start <= period.latest_start(today)) == (period.goes_on(start) <= today)


def test_a_longer_period_applies_at_once_and_a_shorter_one_a_month_later() -> None:
    set_on = date(2026, 5, 1)
    assert period_of(36, [Change(set_on, 60)], set_on) == Period(60)
    shorter = [Change(set_on, 12)]
    assert period_of(36, shorter, set_on) == Period(36, Change(set_on + NOTICE, 12))
    assert period_of(36, shorter, set_on + NOTICE - timedelta(days=1)).months == 36
    assert period_of(36, shorter, set_on + NOTICE) == Period(12)


def test_setting_the_old_period_again_within_the_month_stops_the_shorter_one() -> None:
    set_on = date(2026, 5, 1)
    changes = [Change(set_on, 12), Change(set_on + timedelta(days=29), 36)]
    assert period_of(36, changes, date(2030, 1, 1)) == Period(36)
    too_late = [Change(set_on, 12), Change(set_on + NOTICE, 24)]
    assert period_of(36, too_late, date(2030, 1, 1)) == Period(24)


@given(MONTHS, CHANGES, DAYS)
def test_nothing_goes_within_a_month_of_a_shortening_that_would_have_stayed_without_it(
    default: int, changes: list[Change], start: date
) -> None:
    *before, last = changes or [Change(date(2026, 1, 1), default)]
    within = last.on + NOTICE - timedelta(days=1)
    without, with_it = (period_of(default, each, within) for each in (before, [*before, last]))
    if is_shortening(period_of(default, before, last.on), last.months):
        assert with_it.months >= period_of(default, before, last.on).months
    else:
        assert with_it.goes_on(start) >= period_of(default, before, last.on).goes_on(start)
    assert without.months <= max(default, *(each.months for each in before), 0)


@given(MONTHS, CHANGES, DAYS)
def test_the_period_is_always_one_that_was_set(default: int, changes: list[Change], today: date) -> None:
    period = period_of(default, changes, today)
    assert period.months in {default, *(each.months for each in changes)}
    assert period.shorter is None or (period.shorter.months < period.months and period.shorter.on > today)


def test_every_kind_has_words_and_a_short_period_to_begin_with() -> None:
    for kind in RetentionKind:
        assert kind.label
        assert kind.counted_from
    assert [kind.default_months for kind in RetentionKind] == [36, 12, 6, 3]
    assert (SHORTEST_MONTHS, LONGEST_MONTHS) == (1, 100 * 12)


def test_a_shortening_is_noticed_for_30_days_and_the_same_period_is_none() -> None:
    assert timedelta(days=30) == NOTICE
    assert [is_shortening(Period(12), months) for months in (11, 12, 13)] == [True, False, False]
    today = date(2026, 5, 1)
    assert period_of(36, [Change(today, 36)], today) == Period(36)
    shorter = Period(36, Change(today, 12))
    assert shorter.latest_start(today) == latest_start(today, 12)
    assert shorter.latest_start(today - timedelta(days=1)) == latest_start(today - timedelta(days=1), 36)
    assert Period(6, Change(today, 12)).latest_start(today) == latest_start(today, 6)
