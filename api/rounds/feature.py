"""Rounds: what this room registers."""

from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.pages.home_page import FIRST_STEPS, TASKS, TaskSource
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission
from api.rounds.hooks import STEPS

FEATURE = Feature(
    routes=(RoutesAt("api.rounds.routes", "/rounds"),),
    pages=(RoutesAt("api.rounds.pages", "/rounds"), RoutesAt("api.rounds.theme_pages", "/rounds/*/themes")),
    provides=(
        EVENT_TEXTS.by(
            {
                "round.changed": "Round changed by {who}",
                "round.closed": "Round closed by {who}",
                "round.made": "Round planned by {who}",
                "round.opened": "Round opened by {who}",
            }
        ),
        MENU.by(MenuEntry("Rounds", "/rounds", Permission.WRITE_ROUNDS, Section.ROUNDS, place=10)),
        FIRST_STEPS.by(Later("api.rounds.first_steps", "ROUND"), Later("api.rounds.first_steps", "OPEN")),
        TASKS.by(TaskSource(50, Later("api.rounds.home_page", "rounds_to_follow"))),
        STEPS.by(Later("api.rounds.pages", "opening"), Later("api.rounds.pages", "closing_step")),
    ),
)
