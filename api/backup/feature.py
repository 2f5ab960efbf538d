"""Backups: what this room registers."""

from api.backup import watching
from api.backup.schedule import back_up_when_due
from api.foundation.background import BACKGROUND_WORK, BackgroundWork
from api.foundation.feature import Feature, RoutesAt
from api.foundation.health.metrics import METRICS
from api.foundation.health.readiness import CHECKS
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.pages.start_page import TASKS, TaskSource
from api.foundation.permissions import Permission

FEATURE = Feature(
    routes=(RoutesAt("api.backup.routes", "/backups"),),
    pages=(RoutesAt("api.backup.pages", "/backups"),),
    provides=(
        MENU.by(MenuEntry("Backups", "/backups", Permission.VERIFY_EVIDENCE, Section.ORGANISATION, place=80)),
        TASKS.by(TaskSource(5, watching.missing_backup)),
        CHECKS.by(watching.check_backups),
        METRICS.by(watching.age_of_newest),
        BACKGROUND_WORK.by(BackgroundWork("backups", 60, back_up_when_due)),
    ),
)
