"""What is said in readiness of records that should be deleted already, as the last run found it."""

from collections.abc import Mapping

from api.foundation.health.readiness import Check
from api.foundation.settings import Settings
from api.retention.queries import overdue_in_words
from checklists.retention import RetentionKind

# By the address of the database.
_last_run: dict[str, str] = {}


def remember(settings: Settings, found: Mapping[RetentionKind, int]) -> None:
    """What the last run of the deletion left that should be gone."""
    _last_run[settings.database_url] = overdue_in_words(found)


def check_retention(settings: Settings) -> Check | None:
    """Whether everything was deleted in time. The service goes on working without: it only warns."""
    said = _last_run.get(settings.database_url)
    if said is None:
        return None
    return Check("retention", ok=True, detail=said or "Records are deleted in time.", warns=bool(said))
