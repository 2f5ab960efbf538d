"""Working days of England and Wales: Monday to Friday without bank holidays.

Bank holidays follow the Banking and Financial Dealings Act 1971, Christmas Day and Good Friday common law, and the
proclamations that moved or added a day. A day that will be proclaimed later is not known: a due date never moves for
it.
"""

from datetime import date, timedelta
from functools import cache
from typing import Final

_MONDAY: Final = 0
_SATURDAY: Final = 5
# Holidays of one year, by royal proclamation: what was moved from its usual day, and what was added.
_MOVED: Final = {
    date(1995, 5, 1): date(1995, 5, 8),
    date(2002, 5, 27): date(2002, 6, 4),
    date(2012, 5, 28): date(2012, 6, 4),
    date(2020, 5, 4): date(2020, 5, 8),
    date(2022, 5, 30): date(2022, 6, 2),
}
_ADDED: Final = (
    date(1999, 12, 31),
    date(2002, 6, 3),
    date(2011, 4, 29),
    date(2012, 6, 5),
    date(2022, 6, 3),
    date(2022, 9, 19),
    date(2023, 5, 8),
)


def easter_sunday(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by the anonymous algorithm of Meeus, Jones and Butcher."""
    golden = year % 19
    century, of_century = divmod(year, 100)
    leaps, rest = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leaps - correction + 15) % 30
    quarters, odd = divmod(of_century, 4)
    to_sunday = (32 + 2 * rest + 2 * quarters - epact - odd) % 7
    late = (golden + 11 * epact + 22 * to_sunday) // 451
    month, day = divmod(epact + to_sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


@cache
def bank_holidays(year: int) -> frozenset[date]:
    """The bank holidays of England and Wales in a year from 1995 on."""
    easter = easter_sunday(year)
    usual = {
        _next_weekday(date(year, 1, 1)),
        easter - timedelta(days=2),
        easter + timedelta(days=1),
        _first_monday(date(year, 5, 1)),
        _first_monday(date(year, 5, 25)),
        _first_monday(date(year, 8, 25)),
        *_christmas(year),
    }
    moved = {_MOVED.get(day, day) for day in usual}
    return frozenset(moved | {day for day in _ADDED if day.year == year})


def is_working_day(day: date) -> bool:
    """Whether this is a day from Monday to Friday and no bank holiday."""
    return day.weekday() < _SATURDAY and day not in bank_holidays(day.year)


def after_working_days(day: date, number: int) -> date:
    """The working day that is `number` working days after this day, which is not counted itself.

    With 0 it is the day itself, or the first working day after it.
    """
    if number < 0:
        raise ValueError("working days are counted forwards")
    while not is_working_day(day) and not number:
        day += timedelta(days=1)
    for _ in range(number):
        day += timedelta(days=1)
        while not is_working_day(day):
            day += timedelta(days=1)
    return day


def working_days_between(first: date, last: date) -> int:
    """How many working days come after the first day, up to and including the last; 0 when the last is not later."""
    days = (last - first).days
    return sum(is_working_day(first + timedelta(days=number)) for number in range(1, days + 1))


def _first_monday(day: date) -> date:
    return day + timedelta(days=(_MONDAY - day.weekday()) % 7)


def _next_weekday(day: date) -> date:
    """The day, or the Monday after a weekend."""
    return day if day.weekday() < _SATURDAY else _first_monday(day)


def _christmas(year: int) -> tuple[date, date]:
    """Christmas Day and Boxing Day; one that falls on a weekend gives the next weekday that is not taken."""
    christmas, boxing = date(year, 12, 25), date(year, 12, 26)
    if christmas.weekday() == _SATURDAY:  # both on the weekend: Monday and Tuesday
        return date(year, 12, 27), date(year, 12, 28)
    if boxing.weekday() == _SATURDAY:
        return christmas, date(year, 12, 28)
    if christmas.weekday() == _SATURDAY + 1:
        return date(year, 12, 27), boxing
    return christmas, boxing
