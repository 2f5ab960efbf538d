"""Calibration: what this room registers."""

from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission
from api.people.hooks import OPEN_WORK

FEATURE = Feature(
    routes=(RoutesAt("api.calibration.routes", "/calibration-exercises"),),
    pages=(RoutesAt("api.calibration.pages", "/calibration"),),
    provides=(
        EVENT_TEXTS.by(
            {
                "calibration.agreed": "Agreed answers saved by {who}: {themes}",
                "calibration.answered": "Practice case scored by {who}",
                "calibration.closed": "Calibration exercise closed by {who}",
                "calibration.exemplars-made": "Exemplars added to template version {number} by {who}",
                "calibration.handed-in": "Practice case answers submitted by {who}",
                "calibration.made": "Calibration exercise created by {who}",
            }
        ),
        OPEN_WORK.by(Later("api.calibration.open_work", "EXERCISES")),
        MENU.by(
            MenuEntry(
                "Calibration",
                "/calibration",
                Permission.SCORE_CALIBRATION,
                Section.MY_AUDITS,
                place=20,
                otherwise=Section.CHECK,
            )
        ),
    ),
)
