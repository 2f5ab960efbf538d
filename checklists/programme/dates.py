"""When the rounds of an audit programme begin, are planned and are due: by days, never by the clock."""

from calendar import monthrange
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from checklists.actions.working_days import after_working_days

# A round is planned so many days before it begins: time to check its sample and to allocate it.
DAYS_BEFORE: Final = 14
MOST_DAYS_OF_A_PROGRAMME: Final = 731


class Cadence(StrEnum):
    """How often a line of a programme has a round."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    ONCE = "once"

    @property
    def label(self) -> str:
        return {"monthly": "Every month", "quarterly": "Every 3 months", "once": "Once"}[self.value]

    @property
    def months(self) -> int:
        """Months from one round to the next; 0 where there is no next."""
        return {"monthly": 1, "quarterly": 3, "once": 0}[self.value]


@dataclass(frozen=True, slots=True)
class PlannedDates:
    """The days of one round: it begins, what is judged, when its audits are due, and when it is planned."""

    starts_on: date
    period_from: date
    period_to: date
    due_on: date
    planned_on: date


def months_after(day: date, months: int) -> date:
    """The same day this many months later (earlier if negative); the last day of the month if it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    _, last = monthrange(year, month + 1)
    return date(year, month + 1, min(day.day, last))


def starts_of(first_on: date, cadence: Cadence, *, last_day: date) -> tuple[date, ...]:
    """The days on which the rounds of a line begin, up to and including the last day of the programme, in order.

    Each is counted from the first one: a line that begins on the 31st begins on 28 February and on 31 March.
    """
    if first_on > last_day:
        return ()
    if cadence is Cadence.ONCE:
        return (first_on,)
    found = [first_on]
    while (following := months_after(first_on, len(found) * cadence.months)) <= last_day:
        found.append(following)
    return tuple(found)


def dates_of(
    starts_on: date, *, months_judged: int, days_to_finish: int, planned_on: date | None = None
) -> PlannedDates:
    """The days of the round that begins on this day.

    The period under review is the whole months before it begins. Its audits are due so many days after it begins, or
    on the working day after that. A round that is planned late, after it should have begun, has all these days
    nevertheless: they are counted from the day on which it is planned. ValueError below one month or one day.
    """
    if months_judged < 1 or days_to_finish < 1:
        raise ValueError("a round judges at least a month, and has at least a day")
    planned = starts_on - timedelta(days=DAYS_BEFORE) if planned_on is None else planned_on
    begun = max(starts_on, planned)
    return PlannedDates(
        starts_on=starts_on,
        period_from=months_after(starts_on, -months_judged),
        period_to=starts_on - timedelta(days=1),
        due_on=after_working_days(begun + timedelta(days=days_to_finish), 0),
        planned_on=planned,
    )


def due_to_be_planned(starts: Collection[date], known: Collection[date], *, today: date) -> tuple[date, ...]:
    """The rounds to plan today, in order: of the ones that begin within DAYS_BEFORE days or began before, the ones of
    which nothing is known yet.
    """
    latest = today + timedelta(days=DAYS_BEFORE)
    return tuple(sorted(day for day in set(starts) - set(known) if day <= latest))


def quarters_of(first_day: date, last_day: date) -> tuple[tuple[date, date], ...]:
    """The quarters of a programme, each by its first and last day: three months each, counted from the first day of the
    programme. The last one ends with it. ValueError for a programme that ends before it begins.
    """
    if last_day < first_day:
        raise ValueError("a programme does not end before it begins")
    found: list[tuple[date, date]] = []
    start = first_day
    while start <= last_day:
        following = months_after(first_day, 3 * (len(found) + 1))
        found.append((start, min(last_day, following - timedelta(days=1))))
        start = following
    return tuple(found)
