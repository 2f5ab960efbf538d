"""The time of day where the service is used."""

from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

# The service is for children's services in the United Kingdom, which has one time zone.
LOCAL_TIME: Final = ZoneInfo("Europe/London")


def local_date(moment: datetime) -> date:
    """The day of a moment in British time."""
    return moment.astimezone(LOCAL_TIME).date()


def beginning_of(day: date) -> datetime:
    """The first moment of a day in British time, in UTC. Clocks are never changed at midnight."""
    return datetime.combine(day, time(), LOCAL_TIME).astimezone(UTC)


def in_utc(moment: datetime) -> datetime:
    """The same moment in UTC. Raises ValueError for one without a time zone, or outside the years 1 to 9999."""
    if moment.tzinfo is None:
        raise ValueError("Enter a date and time with a time zone, such as 2026-11-23T09:30:00Z.")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("Enter a date and time that is in the years 1 to 9999 in UTC.") from None


def read_moment(text: str) -> datetime:
    """A moment written as ISO 8601 with its time zone, in UTC. Raises ValueError for anything else."""
    return in_utc(datetime.fromisoformat(text))


def day_in_words(day: date) -> str:
    """23 November 2026."""
    return f"{day.day} {day:%B %Y}"
