"""Retention: what this room registers."""

from api.foundation.background import BACKGROUND_WORK, BackgroundWork
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.health.readiness import CHECKS
from api.foundation.hooks import Later
from api.foundation.http.problem_details import CONSTRAINT_TEXTS
from api.foundation.pages.home_page import TASKS, TaskSource
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission
from api.rounds.hooks import PARTS, Part, Side

FEATURE = Feature(
    routes=(RoutesAt("api.retention.routes", "/retention"),),
    pages=(RoutesAt("api.retention.pages", "/retention"),),
    provides=(
        EVENT_TEXTS.by(
            {
                "retention.applied": "Deleted at the end of the retention period by {who}",
                "retention.asked": "Shorter retention period requested by {who}",
                "retention.confirmed": "Shorter retention period confirmed by {who}",
                "retention.declined": "Shorter retention period declined by {who}",
                "retention.lengthened": "Retention period lengthened by {who}",
            }
        ),
        MENU.by(MenuEntry("Retention", "/retention", Permission.REDACT_AUDITS, Section.CHECK, place=45)),
        PARTS.by(Part(Side.TOP, Later("api.retention.page_parts", "of_round"))),
        TASKS.by(TaskSource(26, Later("api.retention.home_page", "periods_to_confirm"))),
        CHECKS.by(Later("api.retention.watching", "check_retention")),
        BACKGROUND_WORK.by(BackgroundWork("retention", 300, Later("api.retention.deleting", "delete_due"))),
        CONSTRAINT_TEXTS.by(
            {"uq_retention_change_one_waiting": "A shorter period is waiting for a second person already."}
        ),
    ),
)
