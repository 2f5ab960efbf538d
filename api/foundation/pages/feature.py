"""What the foundation itself registers."""

from api.foundation.background import BACKGROUND_WORK, HOUSEKEEPING, BackgroundWork
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.http import replies
from api.foundation.identity import lifetimes

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
        BACKGROUND_WORK.by(
            BackgroundWork("log of SQLite", 1, lambda database, _: database.shorten_log()),
            BackgroundWork("marking", 60, lifetimes.mark_expired),
        ),
        HOUSEKEEPING.by(replies.delete_expired_replies),
    ),
)
