"""Working days are those of England and Wales: what GOV.UK lists, over weekends, leap years and proclaimed days."""

from datetime import date, timedelta

import pytest
from dateutil.easter import easter
from hypothesis import given
from hypothesis import strategies as st

from checklists.actions.working_days import (
    after_working_days,
    bank_holidays,
    easter_sunday,
    is_working_day,
    working_days_between,
)

# As published on GOV.UK, and by the proclamations in the London Gazette: 50 years of VE Day, the millennium and the
# Golden Jubilee.
PUBLISHED = {
    1995: "1-2 4-14 4-17 5-8 5-29 8-28 12-25 12-26",
    1999: "1-1 4-2 4-5 5-3 5-31 8-30 12-27 12-28 12-31",
    2002: "1-1 3-29 4-1 5-6 6-3 6-4 8-26 12-25 12-26",
    2011: "1-3 4-22 4-25 4-29 5-2 5-30 8-29 12-26 12-27",
    2012: "1-2 4-6 4-9 5-7 6-4 6-5 8-27 12-25 12-26",
    2016: "1-1 3-25 3-28 5-2 5-30 8-29 12-26 12-27",
    2017: "1-2 4-14 4-17 5-1 5-29 8-28 12-25 12-26",
    2019: "1-1 4-19 4-22 5-6 5-27 8-26 12-25 12-26",
    2020: "1-1 4-10 4-13 5-8 5-25 8-31 12-25 12-28",
    2021: "1-1 4-2 4-5 5-3 5-31 8-30 12-27 12-28",
    2022: "1-3 4-15 4-18 5-2 6-2 6-3 8-29 9-19 12-26 12-27",
    2023: "1-2 4-7 4-10 5-1 5-8 5-29 8-28 12-25 12-26",
    2024: "1-1 3-29 4-1 5-6 5-27 8-26 12-25 12-26",
    2025: "1-1 4-18 4-21 5-5 5-26 8-25 12-25 12-26",
    2026: "1-1 4-3 4-6 5-4 5-25 8-31 12-25 12-28",
    2027: "1-1 3-26 3-29 5-3 5-31 8-30 12-27 12-28",
    2028: "1-3 4-14 4-17 5-1 5-29 8-28 12-25 12-26",
}
DAYS = st.dates(date(1996, 1, 1), date(2150, 12, 1))


@pytest.mark.parametrize("year", PUBLISHED)
def test_bank_holidays_are_those_that_are_published(year: int) -> None:
    published = {date(year, *map(int, day.split("-"))) for day in PUBLISHED[year].split()}
    assert bank_holidays(year) == published


def test_easter_is_on_the_days_of_the_church_calendar() -> None:
    known = {1961: "4-2", 2000: "4-23", 2008: "3-23", 2024: "3-31", 2038: "4-25", 2049: "4-18", 2076: "4-19"}
    assert {year: f"{easter_sunday(year):%-m-%-d}" for year in known} == known
    # Another algorithm, over a whole cycle of the solar corrections.
    years = range(1583, 4100)
    assert [easter_sunday(year) for year in years] == [easter(year) for year in years]


@pytest.mark.parametrize(
    ("day", "number", "expected"),
    [
        # Over Christmas 2026 and New Year: Boxing Day on a Saturday gives Monday 28 December.
        (date(2026, 12, 18), 10, date(2027, 1, 6)),
        # Over both days of Easter.
        (date(2026, 4, 2), 1, date(2026, 4, 7)),
        # Over 29 February, and over the same days of a year that has none.
        (date(2028, 2, 28), 1, date(2028, 2, 29)),
        (date(2027, 2, 26), 1, date(2027, 3, 1)),
        # From a Friday, and from a Saturday, which is no working day itself.
        (date(2026, 11, 27), 10, date(2026, 12, 11)),
        (date(2026, 11, 28), 10, date(2026, 12, 11)),
        # Over the Sundays on which clocks go forward and back.
        (date(2026, 3, 27), 1, date(2026, 3, 30)),
        (date(2026, 10, 23), 1, date(2026, 10, 26)),
        # With none, the first working day from this one on.
        (date(2026, 11, 27), 0, date(2026, 11, 27)),
        (date(2026, 12, 25), 0, date(2026, 12, 29)),
    ],
)
def test_a_due_date_is_so_many_working_days_later(day: date, number: int, expected: date) -> None:
    assert after_working_days(day, number) == expected


@given(DAYS, st.integers(1, 300))
def test_as_many_working_days_are_counted_back_as_were_counted_on(day: date, number: int) -> None:
    later = after_working_days(day, number)
    assert is_working_day(later)
    assert working_days_between(day, later) == number
    assert working_days_between(day, later - timedelta(days=1)) == number - 1


@given(st.integers(1996, 2150))
def test_a_year_has_eight_usual_holidays_on_weekdays_and_some_of_its_own(year: int) -> None:
    found = bank_holidays(year)
    added = {1999: 1, 2002: 1, 2011: 1, 2012: 1, 2022: 2, 2023: 1}.get(year, 0)
    assert len(found) == 8 + added
    assert all(day.weekday() < 5 and day.year == year for day in found)


def test_days_are_counted_forwards_alone() -> None:
    with pytest.raises(ValueError, match="forwards"):
        after_working_days(date(2026, 1, 1), -1)
    assert working_days_between(date(2026, 1, 8), date(2026, 1, 8)) == 0
