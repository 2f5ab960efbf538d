"""Erasure: what this room registers."""

from api.foundation.background import BACKGROUND_WORK, BackgroundWork
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.http.problem_details import CONSTRAINT_TEXTS
from api.foundation.identity.showing import SHOWS_AUDIT
from api.foundation.pages.home_page import TASKS, TaskSource
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission
from checklists.audits.how_seen import HowSeen

FEATURE = Feature(
    routes=(RoutesAt("api.erasure.routes", "/case-records/*", "/erasures"),),
    pages=(RoutesAt("api.erasure.pages", "/case-records", "/erasures"),),
    provides=(
        EVENT_TEXTS.by(
            {
                "action.erased": "Action erased by {who}",
                "audit.disclosed": "Shown with everything held about its case to {who}",
                "audit.erased": "Erased by {who}",
                "case-file.disclosed": "Everything held about the case shown to {who}",
                "case-file.downloaded": "Everything held about the case downloaded by {who}",
                "concern.erased": "Urgent concern erased by {who}",
                "erasure.asked": "Erasure of a case requested by {who}",
                "erasure.certificate-fetched": "Certificate of erasure downloaded by {who}",
                "erasure.confirmed": "Case erased: confirmed by {who}",
                "erasure.declined": "Erasure of a case declined by {who}",
                "erasure.repeated": "Case erased again after a backup was restored, by {who}",
                "legal-hold.lifted": "Legal hold lifted by {who}",
                "legal-hold.placed": "Legal hold placed by {who}",
                "sample.case-erased": "A case of the sample erased by {who}",
                "snapshot.case-erased": "A case that the snapshot counts erased by {who}",
            }
        ),
        SHOWS_AUDIT.by({"audit.disclosed": HowSeen.OPENED}),
        MENU.by(
            MenuEntry("Case records", "/case-records", Permission.ERASE_CASES, Section.ROUNDS, place=35),
            MenuEntry("Erasures", "/erasures", Permission.REDACT_AUDITS, Section.CHECK, place=40),
        ),
        TASKS.by(TaskSource(25, Later("api.erasure.home_page", "erasures_to_confirm"))),
        BACKGROUND_WORK.by(
            BackgroundWork(
                "erased cases", 60, Later("api.erasure.erased_cases", "agree"), before_requests=True, everywhere=True
            )
        ),
        CONSTRAINT_TEXTS.by(
            {
                "uq_erasure_one_waiting": "Somebody has already asked for this case to be erased.",
                "uq_legal_hold_one_of_a_case": "This case is under a legal hold already.",
            }
        ),
    ),
)
