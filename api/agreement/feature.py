"""Agreement between readings: what this room registers."""

from api.agreement import pages, routes
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission

FEATURE = Feature(
    routes=(routes.router,),
    pages=(pages.router,),
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
