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


def day_in_words(day: date) -> str:
    """23 November 2026."""
    return f"{day.day} {day:%B %Y}"
