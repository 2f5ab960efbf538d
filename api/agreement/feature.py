"""Agreement between readings: what this room registers."""

from api.agreement import pages, routes
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature

FEATURE = Feature(
    routes=(routes.router,),
    pages=(pages.router,),
    provides=(
        EVENT_TEXTS.by(
            {
                "round.agreement-fetched": "Agreement report for a round downloaded by {who}",
            }
        ),
    ),
)
