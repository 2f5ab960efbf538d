"""When a backup is due or missing, and which backups of a folder are kept."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

DAYS: Final = 7
WEEKS: Final = 4
MONTHS: Final = 12
# The day's backup is made from this hour on, when few people work.
HOUR: Final = 2
# With one backup a day, this means that one was missed half a day ago.
LONGEST_WITHOUT: Final = timedelta(hours=36)

_PERIODS: Final[tuple[tuple[int, Callable[[datetime], object]], ...]] = (
    (DAYS, lambda at: at.date()),
    (WEEKS, lambda at: at.isocalendar()[:2]),
    (MONTHS, lambda at: (at.year, at.month)),
)


def is_backup_due(newest: datetime | None, at: datetime) -> bool:
    """Whether the day of `at` has no backup yet, from HOUR on; both in local time. `newest`: the newest backup.

    Before HOUR, whether the day before has none: a backup that was missed does not wait for the next day's.
    """
    return newest is None or newest.date() < (at - timedelta(hours=HOUR)).date()


def is_backup_missing(newest: datetime | None, at: datetime) -> bool:
    """Whether there is no backup, or the newest is older than LONGEST_WITHOUT."""
    return newest is None or at - newest > LONGEST_WITHOUT


def backups_to_keep(made: Iterable[datetime], at: datetime) -> set[datetime]:
    """Of backups made at these times: the newest of each of the last 7 days, 4 weeks and 12 months that have one.

    Weeks are those of ISO 8601. The newest of all is always kept, and periods without a backup do not count: backups
    that stopped are not lost because time passes.

    Those dated after `at` are kept as well, and are not counted. Either they were made while the clock was wrong, and
    must not take the place of others; or it is wrong now, and the backup that was just made must not count as old.
    """
    made = set(made)
    kept = {moment for moment in made if moment > at}
    newest_first = sorted(made - kept, reverse=True)
    for number, period_of in _PERIODS:
        newest_of_each: dict[object, datetime] = {}
        for moment in newest_first:
            newest_of_each.setdefault(period_of(moment), moment)
        kept |= set(list(newest_of_each.values())[:number])
    return kept
