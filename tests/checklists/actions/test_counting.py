"""Counting actions of a period: due and done in time by the first due date, closed and how."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.actions.action_states import CLOSED_STATES, ActionState
from checklists.actions.counting import ActionCounts, ActionDates, Period, counts_of_actions

YEAR = Period(date(2026, 4, 1), date(2027, 3, 31))
S = ActionState
DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))


def dates(state: ActionState, due: date, *, done: date | None = None, closed: date | None = None) -> ActionDates:
    return ActionDates(state, date(2026, 5, 1), due, done, closed)


def test_every_action_is_counted_where_it_belongs() -> None:
    june, july = date(2026, 6, 30), date(2026, 7, 31)
    actions = [
        dates(S.IMPACT_SHOWN, june, done=june, closed=july),  # in time on the day itself
        dates(S.DONE, june, done=july),  # late
        dates(S.IN_PROGRESS, june),  # not done
        dates(S.NOT_PURSUED, june, closed=june),  # no longer due
        dates(S.NO_IMPACT, date(2026, 3, 31), done=july, closed=july),  # due before the period
        dates(S.DONE, date(2027, 3, 1), done=date(2027, 4, 1)),  # done after the period
        dates(S.AGREED, date(2027, 4, 1)),  # due after the period
    ]
    assert counts_of_actions(actions, YEAR) == ActionCounts(
        planned=7,
        due=4,
        in_time=1,
        late=1,
        not_done=2,
        with_impact=1,
        without_impact=1,
        not_pursued=1,
        median_days=Fraction((july - date(2026, 5, 1)).days),
    )


def test_the_median_of_an_even_number_lies_between_the_two_in_the_middle() -> None:
    actions = [dates(S.DONE, date(2026, 8, 1), done=date(2026, 5, 1) + timedelta(days=days)) for days in (3, 4, 8, 30)]
    assert counts_of_actions(actions, YEAR).median_days == 6
    assert counts_of_actions([], YEAR).median_days is None


def test_a_period_never_ends_before_it_begins() -> None:
    with pytest.raises(ValueError, match="first day"):
        Period(date(2026, 2, 1), date(2026, 1, 31))


@given(st.lists(st.tuples(st.sampled_from(S), DAYS, DAYS, st.none() | DAYS)), DAYS, DAYS)
def test_what_was_due_is_in_time_late_or_not_done(
    made: list[tuple[ActionState, date, date, date | None]], one: date, other: date
) -> None:
    period = Period(min(one, other), max(one, other))
    actions = [
        ActionDates(state, created, due, done, created if state in CLOSED_STATES else None)
        for state, created, due, done in made
    ]
    found = counts_of_actions(actions, period)
    assert found.due == found.in_time + found.late + found.not_done
    assert min(found.in_time, found.late, found.not_done) >= 0
    assert (found.median_days is None) == (
        not any(period.first <= each.done_on <= period.last for each in actions if each.done_on)
    )


def test_the_first_and_the_last_day_of_a_period_belong_to_it_and_the_days_beside_it_do_not() -> None:
    period, day = Period(date(2026, 4, 10), date(2026, 4, 12)), timedelta(days=1)
    for on, is_within in ((9, False), (10, True), (12, True), (13, False)):
        it = date(2026, 4, on)
        found = counts_of_actions([ActionDates(S.IMPACT_SHOWN, it, it, it, it)], period)
        assert (found.planned, found.due, found.in_time, found.with_impact) == (is_within,) * 4
        assert (found.median_days is None) is not is_within
        late = counts_of_actions([ActionDates(S.DONE, period.first, period.first, it, None)], period)
        assert (late.in_time, late.late, late.not_done) == (on <= 10, on == 12, on == 13)
    one_day = Period(period.first, period.first)
    assert counts_of_actions([ActionDates(S.DONE, period.first - day, period.first)], one_day).not_done == 1
