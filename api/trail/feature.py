"""The trail: what this room registers."""

from api.audits.hooks import LINKS
from api.foundation.background import BACKGROUND_WORK, BackgroundWork
from api.foundation.feature import Feature
from api.foundation.pages.menu import MENU, MenuEntry
from api.foundation.permissions import Permission
from api.trail import checkpoints, pages, routes
from api.trail.history import pages as history_pages
from api.trail.history import routes as history_routes

FEATURE = Feature(
    routes=(
        routes.router,
        history_routes.router,
    ),
    pages=(
        pages.router,
        history_pages.router,
    ),
    provides=(
        MENU.by(MenuEntry("Events", "/events", Permission.READ_EVENTS, place=150)),
        LINKS.by(history_pages.link_to_history),
        BACKGROUND_WORK.by(BackgroundWork("signing", 5, checkpoints.write_all_due)),
    ),
)
