"""Rounds: what this room registers."""

from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature
from api.foundation.pages.menu import MENU, MenuEntry
from api.foundation.permissions import Permission
from api.rounds import pages, routes
from api.rounds.hooks import STEPS

FEATURE = Feature(
    routes=(routes.router,),
    pages=(pages.router,),
    provides=(
        EVENT_TEXTS.by(
            {
                "round.changed": "Round changed by {who}",
                "round.closed": "Round closed by {who}",
                "round.made": "Round planned by {who}",
                "round.opened": "Round opened by {who}",
            }
        ),
        MENU.by(MenuEntry("Rounds", "/rounds", Permission.WRITE_ROUNDS, place=40, start=0)),
        STEPS.by(pages.opening, pages.closing_step),
    ),
)
