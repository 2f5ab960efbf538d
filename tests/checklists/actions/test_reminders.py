"""Reminders come on the right day: over bank holidays, leap years and both changes of the clock."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from api.foundation.local_time import local_date
from checklists.actions.reminders import Reminder, reminder_due, reminders_missed
from checklists.actions.working_days import after_working_days, is_working_day
from models.base import now

DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@pytest.mark.parametrize(
    ("due_on", "today", "expected"),
    [
        # An ordinary Friday: reminded from the Tuesday before.
        (date(2026, 11, 27), date(2026, 11, 23), Reminder.NONE),
        (date(2026, 11, 27), date(2026, 11, 24), Reminder.DUE_SOON),
        (date(2026, 11, 27), date(2026, 11, 27), Reminder.DUE_SOON),
        (date(2026, 11, 27), date(2026, 11, 28), Reminder.OVERDUE),
        (date(2026, 11, 27), date(2026, 12, 3), Reminder.OVERDUE),
        (date(2026, 11, 27), date(2026, 12, 4), Reminder.HEADS),
        (date(2026, 11, 27), date(2026, 12, 10), Reminder.HEADS),
        (date(2026, 11, 27), date(2026, 12, 11), Reminder.LEADS),
        # Over Christmas and New Year only 29, 30 and 31 December are working days of that time.
        (date(2026, 12, 24), date(2027, 1, 4), Reminder.OVERDUE),
        (date(2026, 12, 24), date(2027, 1, 5), Reminder.HEADS),
        # Due on the Tuesday after Easter: reminded from the Tuesday a week before.
        (date(2026, 4, 7), date(2026, 3, 30), Reminder.NONE),
        (date(2026, 4, 7), date(2026, 3, 31), Reminder.DUE_SOON),
        (date(2026, 4, 7), date(2026, 4, 1), Reminder.DUE_SOON),
        # Over 29 February.
        (date(2028, 2, 24), date(2028, 3, 1), Reminder.OVERDUE),
        (date(2028, 2, 24), date(2028, 3, 2), Reminder.HEADS),
        (date(2027, 2, 24), date(2027, 3, 3), Reminder.HEADS),
    ],
)
def test_how_far_reminders_have_come_is_counted_in_working_days(due_on: date, today: date, expected: Reminder) -> None:
    assert reminder_due(due_on, today=today) is expected


@given(DAYS, st.integers(-30, 60))
def test_reminders_never_go_back_as_days_pass(due_on: date, days: int) -> None:
    order = list(Reminder)
    today = due_on + timedelta(days=days)
    before, after = (reminder_due(due_on, today=day) for day in (today, today + timedelta(days=1)))
    assert order.index(before) <= order.index(after)
    assert reminders_missed(after, after) == ()
    assert reminders_missed(after, before) == ()


def test_one_that_was_missed_is_given_later_but_nothing_overdue_is_called_due_soon() -> None:
    everything = reminders_missed(Reminder.NONE, Reminder.LEADS)
    assert everything == (Reminder.OVERDUE, Reminder.HEADS, Reminder.LEADS)
    assert reminders_missed(Reminder.NONE, Reminder.DUE_SOON) == (Reminder.DUE_SOON,)


@pytest.mark.parametrize(
    ("moment", "local"),
    [
        # Clocks go forward on 29 March 2026 at 1:00 UTC and back on 25 October at 1:00 UTC.
        (datetime(2026, 3, 28, 23, 59, tzinfo=UTC), date(2026, 3, 28)),
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 22, 59, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 23, 1, tzinfo=UTC), date(2026, 3, 30)),
        (datetime(2026, 10, 24, 23, 1, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 23, 1, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 26, 0, 1, tzinfo=UTC), date(2026, 10, 26)),
        (datetime(2028, 2, 29, 12, 0, tzinfo=UTC), date(2028, 2, 29)),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), date(2026, 12, 31)),
    ],
)
def test_the_day_of_a_due_date_is_that_of_british_time(moment: datetime, local: date) -> None:
    with time_machine.travel(moment, tick=False):
        today = local_date(now())
        assert today == local
        due_on = after_working_days(today, 10)
        assert is_working_day(due_on)
        assert reminder_due(due_on, today=today) is Reminder.NONE
        assert reminder_due(today, today=today) is Reminder.DUE_SOON
        assert reminder_due(today - timedelta(days=1), today=today) is Reminder.OVERDUE
