"""Backups: what this room registers."""

from api.foundation.background import BACKGROUND_WORK, BackgroundWork
from api.foundation.feature import Feature, RoutesAt
from api.foundation.health.metrics import METRICS
from api.foundation.health.readiness import CHECKS
from api.foundation.hooks import Later
from api.foundation.pages.home_page import TASKS, TaskSource
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission

FEATURE = Feature(
    routes=(RoutesAt("api.backup.routes", "/backups"),),
    pages=(RoutesAt("api.backup.pages", "/backups"),),
    provides=(
        MENU.by(MenuEntry("Backups", "/backups", Permission.VERIFY_EVIDENCE, Section.ORGANISATION, place=80)),
        TASKS.by(TaskSource(5, Later("api.backup.watching", "missing_backup"))),
        CHECKS.by(Later("api.backup.watching", "check_backups")),
        METRICS.by(Later("api.backup.watching", "age_of_newest")),
        BACKGROUND_WORK.by(
            BackgroundWork("backups", 60, Later("api.backup.schedule", "back_up_when_due"), everywhere=True)
        ),
    ),
)
