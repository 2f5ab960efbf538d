"""What the foundation itself registers."""

from api.foundation.background import BACKGROUND_WORK, HOUSEKEEPING, BackgroundWork
from api.foundation.events import EVENT_TEXTS, RECORDED_WITH_EVENTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.settings import Settings
from api.foundation.systems.limits import return_memory
from models.storage.database import Database


def _close_unused_connections(database: Database, _: Settings) -> None:
    if database.close_unused():
        return_memory()


FEATURE = Feature(
    routes=(RoutesAt("api.foundation.health.routes", "/health/live", "/health/ready"),),
    pages=(RoutesAt("api.foundation.pages.problems", "/problems"), RoutesAt("api.foundation.health.pages", "/metrics")),
    provides=(
        EVENT_TEXTS.by(
            {
                "identifier.refused": "Text that seemed to name a person was refused for {who}",
                "name.kept": "Possible name kept, with a reason, by {who}",
            }
        ),
        RECORDED_WITH_EVENTS.by(Later("api.foundation.identity.having_seen", "note")),
        BACKGROUND_WORK.by(
            BackgroundWork("log of SQLite", 1, lambda database, _: database.shorten_log()),
            BackgroundWork("statistics", 5, lambda database, _: database.gather_statistics()),
            BackgroundWork("connections", 2, _close_unused_connections, everywhere=True),
            BackgroundWork("memory", 10, lambda _, __: return_memory(), everywhere=True),
            BackgroundWork("marking", 60, Later("api.foundation.identity.lifetimes", "mark_expired")),
        ),
        HOUSEKEEPING.by(Later("api.foundation.http.replies", "delete_expired_replies")),
    ),
)
