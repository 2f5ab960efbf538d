"""Case lists: what this room registers."""

from api.foundation.background import HOUSEKEEPING
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.jobs.long_work import WORKS, WorkOfKind
from api.foundation.pages.home_page import FIRST_STEPS
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission

FEATURE = Feature(
    routes=(
        RoutesAt("api.case_lists.routes", "/case-lists"),
        RoutesAt("api.case_lists.council_files.routes", "/case-list-answers", "/case-list-keys"),
    ),
    pages=(
        RoutesAt("api.case_lists.pages", "/case-lists"),
        RoutesAt("api.case_lists.council_files.pages", "/case-lists/answers.json", "/case-lists/key"),
    ),
    provides=(
        EVENT_TEXTS.by(
            {
                "case-list.key-made": "Key for pseudonyms created by {who}",
                "case-list.taken": "Case list imported by {who}",
            }
        ),
        MENU.by(MenuEntry("Case lists", "/case-lists", Permission.WRITE_CASE_FILES, Section.ROUNDS, place=30)),
        FIRST_STEPS.by(Later("api.case_lists.first_steps", "CASE_LIST")),
        WORKS.by(WorkOfKind("case-list", Later("api.case_lists.long_work", "ImportCaseList"))),
        HOUSEKEEPING.by(Later("api.case_lists.drafts", "delete_old_drafts")),
    ),
)
