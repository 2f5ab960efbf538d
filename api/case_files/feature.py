"""Case files: what this room registers."""

from api.foundation.background import BACKGROUND_WORK, BackgroundWork
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.http.problem_details import CONSTRAINT_TEXTS
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission

FEATURE = Feature(
    routes=(
        RoutesAt("api.case_files.routes", "/case-files"),
        RoutesAt("api.case_files.characteristics.routes", "/case-files/*/characteristics", "/characteristics"),
    ),
    pages=(
        RoutesAt("api.case_files.pages", "/case-files"),
        RoutesAt("api.case_files.paste_pages", "/case-files/list"),
        RoutesAt(
            "api.case_files.characteristics.pages",
            "/case-files/*/characteristics",
            "/characteristics",
            "/characteristics.json",
        ),
    ),
    provides=(
        EVENT_TEXTS.by(
            {
                "case-file.changed": "Case file changed by {who}",
                "case-file.made": "Case file created by {who}",
                "characteristic.changed": "Characteristic of cases changed by {who}",
                "characteristic.made": "Characteristic of cases added by {who}",
            }
        ),
        MENU.by(
            MenuEntry(
                "Case files",
                "/case-files",
                Permission.WRITE_CASE_FILES,
                Section.ROUNDS,
                place=20,
                covers=r"/characteristics",
            )
        ),
        BACKGROUND_WORK.by(
            BackgroundWork(
                "settling",
                2,
                Later("api.case_files.unsettled", "settle_all"),
                at_start=Later("api.case_files.unsettled", "give_up_interrupted"),
            )
        ),
        CONSTRAINT_TEXTS.by(
            {
                "uq_case_file_reference_organisation_id": "A case file with this reference already exists.",
            }
        ),
    ),
)
