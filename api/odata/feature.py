"""The data feed: what this room registers."""

from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.identity.protocols import PROTOCOLS, Protocol
from api.foundation.identity.showing import SHOWS_ROUND
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission
from checklists.audits.how_seen import HowSeen

FEATURE = Feature(
    pages=(RoutesAt("api.odata.routes", "/odata"), RoutesAt("api.odata.pages", "/data-feed")),
    provides=(
        PROTOCOLS.by(Protocol("/odata", Later("api.odata.bodies", "refuse"))),
        MENU.by(MenuEntry("Data feed", "/data-feed", Permission.READ_FEED, Section.REPORTS, place=90)),
        SHOWS_ROUND.by({"round.feed-read": HowSeen.LISTED}),
        EVENT_TEXTS.by(
            {
                "feed.pulled": "Data feed read by {who}",
                "round.feed-read": "Audits of a round read in the data feed by {who}",
            }
        ),
    ),
)
