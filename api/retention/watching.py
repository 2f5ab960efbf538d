"""What is said in readiness of records that should be deleted already, as the last run found it."""

from api.foundation.health.readiness import Check
from api.foundation.settings import Settings

# By the address of the database.
_last_run: dict[str, str] = {}


def remember(settings: Settings, said: str) -> None:
    """What the last run of the deletion left that should be gone, in words."""
    _last_run[settings.database_url] = said


def check_retention(settings: Settings) -> Check | None:
    """Whether everything was deleted in time. The service goes on working without: it only warns."""
    said = _last_run.get(settings.database_url)
    if said is None:
        return None
    return Check("retention", ok=True, detail=said or "Records are deleted in time.", warns=bool(said))
