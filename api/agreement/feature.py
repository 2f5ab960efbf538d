"""Agreement between readings: what this room registers."""

from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission

FEATURE = Feature(
    routes=(RoutesAt("api.agreement.routes", "/reports/agreement", "/rounds/*/agreement", "/rounds/*/agreement.*"),),
    pages=(RoutesAt("api.agreement.pages", "/reports/agreement", "/rounds/*/agreement", "/rounds/*/agreement.*"),),
    provides=(
        MENU.by(
            MenuEntry(
                "Agreement",
                "/reports/agreement",
                Permission.READ_REPORTS,
                Section.REPORTS,
                place=15,
                covers=r"/rounds/[^/]+/agreement",
            )
        ),
        EVENT_TEXTS.by(
            {
                "round.agreement-fetched": "Agreement report for a round downloaded by {who}",
            }
        ),
    ),
)
