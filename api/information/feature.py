"""Information pages: what this room registers."""

from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission

FEATURE = Feature(
    routes=(RoutesAt("api.information.routes", "/information-pages"),),
    pages=(RoutesAt("api.information.pages", "/accessibility", "/cookies", "/help", "/information-pages", "/privacy"),),
    provides=(
        EVENT_TEXTS.by({"information.changed": "Text of an information page changed by {who}"}),
        MENU.by(
            MenuEntry(
                "Help texts",
                "/information-pages",
                Permission.WRITE_INFORMATION,
                Section.ORGANISATION,
                place=35,
            )
        ),
    ),
)
