"""How long the audits of a round took, all together: never whose took how long."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

# Of fewer audits, the shortest and the longest would tell of one person.
FEWEST: Final = 5


@dataclass(frozen=True, slots=True)
class TimeSpent:
    """Minutes of the audits that say how long they took. With fewer than five, only their number is given."""

    audits: int
    middle: float | None
    shortest: int | None
    longest: int | None


def time_spent(minutes: Sequence[int]) -> TimeSpent:
    """The median and the range of these minutes."""
    if len(minutes) < FEWEST:
        return TimeSpent(len(minutes), None, None, None)
    return TimeSpent(len(minutes), median(minutes), min(minutes), max(minutes))
