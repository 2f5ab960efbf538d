"""The periods that people usually ask for."""

from datetime import date
from typing import NamedTuple

from checklists.actions.counting import Period

# A financial year of councils begins on 1 April.
_APRIL = 4


class UsualPeriod(NamedTuple):
    """A period with its label."""

    label: str
    period: Period


def usual_periods(today: date, year: Period) -> tuple[UsualPeriod, ...]:
    """The last twelve months, this financial year as far as it has come, and the one before."""
    start = date(today.year if today.month >= _APRIL else today.year - 1, _APRIL, 1)
    last_year = Period(start.replace(year=start.year - 1), date(start.year, _APRIL - 1, 31))
    return (
        UsualPeriod("Last 12 months", year),
        UsualPeriod("This financial year", Period(start, today)),
        UsualPeriod("Last financial year", last_year),
    )
