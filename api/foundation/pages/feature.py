"""What the foundation itself registers."""

from api.foundation.background import BACKGROUND_WORK, HOUSEKEEPING, BackgroundWork
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature
from api.foundation.health import pages as health_pages
from api.foundation.health import routes as health
from api.foundation.http import replies
from api.foundation.identity import lifetimes
from api.foundation.pages import problems

FEATURE = Feature(
    routes=(health.router,),
    pages=(problems.router, health_pages.router),
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
