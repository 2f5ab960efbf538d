"""Information pages: what this room registers."""

from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission
from api.information import pages, routes

FEATURE = Feature(
    routes=(routes.router,),
    pages=(pages.router,),
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
