"""Risky terms: what this room registers."""

from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission
from api.sensitive_terms import pages, routes

FEATURE = Feature(
    routes=(routes.router,),
    pages=(pages.router,),
    provides=(
        EVENT_TEXTS.by(
            {
                "risky-term.added": "Sensitive term added by {who}",
                "risky-term.removed": "Sensitive term removed by {who}",
            }
        ),
        MENU.by(
            MenuEntry("Sensitive terms", "/risky-terms", Permission.WRITE_RISKY_TERMS, Section.ORGANISATION, place=30)
        ),
    ),
)
