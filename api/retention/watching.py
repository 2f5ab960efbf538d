"""What is said in readiness of records that should be deleted already, as the last run found it."""

import time
from typing import Final

from api.foundation.health.readiness import Check
from api.foundation.settings import Settings

# A run is every five minutes. What is older was found while this process led the background work, and another does now.
KNOWN_FOR_SECONDS: Final = 1800.0
# By the address of the database, and when that was in seconds of the monotonic clock.
_last_run: dict[str, tuple[str, float]] = {}


def remember(settings: Settings, said: str) -> None:
    """What the last run of the deletion left that should be gone, in words."""
    _last_run[settings.database_url] = said, time.monotonic()


def check_retention(settings: Settings) -> Check | None:
    """Whether everything was deleted in time. The service goes on working without: it only warns."""
    said, at = _last_run.get(settings.database_url, ("", None))
    if at is None or time.monotonic() - at > KNOWN_FOR_SECONDS:
        return None
    return Check("retention", ok=True, detail=said or "Records are deleted in time.", warns=bool(said))
