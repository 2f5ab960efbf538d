"""Risky terms: what this room registers."""

from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission

FEATURE = Feature(
    routes=(RoutesAt("api.sensitive_terms.routes", "/risky-terms"),),
    pages=(RoutesAt("api.sensitive_terms.pages", "/risky-terms"),),
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
