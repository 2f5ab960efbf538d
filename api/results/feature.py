"""Results of cases: what this room registers."""

from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.identity.showing import SHOWS_ROUND
from checklists.audits.how_seen import HowSeen

FEATURE = Feature(
    routes=(RoutesAt("api.results.routes", "/case-results"),),
    provides=(
        # No person holds the permission today; should one ever, blind reading must know.
        SHOWS_ROUND.by({"round.results-read": HowSeen.LISTED}),
        EVENT_TEXTS.by({"round.results-read": "Results of cases read by {who}"}),
    ),
)
