"""The days of an audit programme: over leap days, ends of months and both changes of the clock."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.actions.working_days import is_working_day
from checklists.programme.dates import (
    DAYS_BEFORE,
    Cadence,
    dates_of,
    due_to_be_planned,
    months_after,
    quarters_of,
    starts_of,
)

DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))
CADENCES = st.sampled_from(Cadence)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2028, 1, 31), 2, date(2028, 3, 31)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2028, 2, 29), 48, date(2032, 2, 29)),
        (date(2027, 12, 15), 1, date(2028, 1, 15)),
        (date(2027, 1, 15), -1, date(2026, 12, 15)),
        (date(2028, 3, 31), -1, date(2028, 2, 29)),
        (date(2027, 5, 31), -6, date(2026, 11, 30)),
        (date(2027, 5, 15), 0, date(2027, 5, 15)),
    ],
)
def test_months_are_counted_from_the_day_itself(day: date, months: int, expected: date) -> None:
    assert months_after(day, months) == expected


def test_a_year_has_twelve_monthly_four_quarterly_and_one_round() -> None:
    first, last = date(2027, 4, 1), date(2028, 3, 31)
    assert len(starts_of(first, Cadence.MONTHLY, last_day=last)) == 12
    assert starts_of(first, Cadence.QUARTERLY, last_day=last) == (
        date(2027, 4, 1),
        date(2027, 7, 1),
        date(2027, 10, 1),
        date(2028, 1, 1),
    )
    assert starts_of(first, Cadence.ONCE, last_day=last) == (first,)
    assert starts_of(first, Cadence.MONTHLY, last_day=first) == (first,)
    assert starts_of(first, Cadence.ONCE, last_day=first - timedelta(days=1)) == ()


def test_a_line_that_begins_on_the_31st_keeps_to_the_ends_of_months() -> None:
    found = starts_of(date(2027, 12, 31), Cadence.MONTHLY, last_day=date(2028, 4, 30))
    assert found == (
        date(2027, 12, 31),
        date(2028, 1, 31),
        date(2028, 2, 29),
        date(2028, 3, 31),
        date(2028, 4, 30),
    )


@given(first=DAYS, cadence=CADENCES, days=st.integers(0, 731))
def test_starts_come_once_a_month_in_order_and_none_is_missing(first: date, cadence: Cadence, days: int) -> None:
    last = first + timedelta(days=days)
    found = starts_of(first, cadence, last_day=last)
    assert found[0] == first
    assert list(found) == sorted(set(found))
    assert found[-1] <= last
    months = [day.year * 12 + day.month for day in found]
    assert all(later - earlier == cadence.months for earlier, later in pairwise(months))
    if cadence is not Cadence.ONCE:
        assert months_after(first, len(found) * cadence.months) > last


@given(
    start=DAYS,
    months=st.integers(1, 24),
    days=st.integers(1, 120),
    late=st.none() | st.integers(-60, 60),
)
def test_what_is_judged_ends_before_the_round_begins_and_it_is_due_on_a_working_day(
    start: date, months: int, days: int, late: int | None
) -> None:
    planned_on = None if late is None else start + timedelta(days=late)
    found = dates_of(start, months_judged=months, days_to_finish=days, planned_on=planned_on)
    assert found.period_from <= found.period_to < found.starts_on == start
    assert is_working_day(found.due_on)
    assert (found.due_on - max(start, found.planned_on)).days >= days
    assert found.planned_on == (start - timedelta(days=DAYS_BEFORE) if planned_on is None else planned_on)


def test_a_round_is_due_on_the_next_working_day_and_has_all_its_days_when_it_is_planned_late() -> None:
    # 28 days after 1 December 2027 is 29 December, the second working day after Christmas of that year.
    assert dates_of(date(2027, 12, 1), months_judged=3, days_to_finish=28).due_on == date(2027, 12, 29)
    # 24 days after it is Christmas Day, a Saturday: the two bank holidays are moved to 27 and 28 December.
    assert dates_of(date(2027, 12, 1), months_judged=3, days_to_finish=24).due_on == date(2027, 12, 29)
    late = dates_of(date(2027, 12, 1), months_judged=3, days_to_finish=28, planned_on=date(2028, 2, 1))
    assert (late.due_on, late.period_from, late.period_to) == (
        date(2028, 2, 29),
        date(2027, 9, 1),
        date(2027, 11, 30),
    )


@pytest.mark.parametrize(("months", "days"), [(0, 28), (1, 0)])
def test_a_round_without_a_day_or_a_month_is_refused(months: int, days: int) -> None:
    with pytest.raises(ValueError, match="at least"):
        dates_of(date(2027, 4, 1), months_judged=months, days_to_finish=days)


@given(first=DAYS, cadence=CADENCES, days=st.integers(0, 731), steps=st.lists(st.integers(1, 90), max_size=12))
def test_however_the_days_are_visited_each_round_is_due_once(
    first: date, cadence: Cadence, days: int, steps: list[int]
) -> None:
    last = first + timedelta(days=days)
    starts = starts_of(first, cadence, last_day=last)
    known: list[date] = []
    today = first - timedelta(days=30)
    for step in (*steps, days + 90):
        today += timedelta(days=step)
        due = due_to_be_planned(starts, known, today=today)
        assert not set(due) & set(known)
        assert all(day - timedelta(days=DAYS_BEFORE) <= today for day in due)
        known += due
    assert known == list(starts)


def test_a_round_is_due_to_be_planned_fourteen_days_before_it_begins() -> None:
    starts = (date(2028, 3, 14),)
    assert due_to_be_planned(starts, (), today=date(2028, 2, 28)) == ()
    assert due_to_be_planned(starts, (), today=date(2028, 2, 29)) == starts
    assert due_to_be_planned(starts, starts, today=date(2028, 2, 29)) == ()


def test_how_often_is_said_in_words() -> None:
    assert [cadence.label for cadence in Cadence] == ["Every month", "Every 3 months", "Once"]
    assert [cadence.months for cadence in Cadence] == [1, 3, 0]


def test_a_year_has_four_quarters_that_begin_with_it() -> None:
    assert quarters_of(date(2027, 4, 1), date(2028, 3, 31)) == (
        (date(2027, 4, 1), date(2027, 6, 30)),
        (date(2027, 7, 1), date(2027, 9, 30)),
        (date(2027, 10, 1), date(2027, 12, 31)),
        (date(2028, 1, 1), date(2028, 3, 31)),
    )
    assert quarters_of(date(2028, 2, 29), date(2028, 2, 29)) == ((date(2028, 2, 29), date(2028, 2, 29)),)
    with pytest.raises(ValueError, match="before it begins"):
        quarters_of(date(2027, 4, 2), date(2027, 4, 1))


@given(first=DAYS, days=st.integers(0, 731))
def test_every_day_of_a_programme_is_in_one_quarter(first: date, days: int) -> None:
    last = first + timedelta(days=days)
    found = quarters_of(first, last)
    assert (found[0][0], found[-1][1]) == (first, last)
    assert all(begins <= ends for begins, ends in found)
    assert all(later[0] - earlier[1] == timedelta(days=1) for earlier, later in pairwise(found))
