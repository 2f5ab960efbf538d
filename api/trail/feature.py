"""The trail: what this room registers."""

from api.audits.hooks import LINKS
from api.foundation.background import BACKGROUND_WORK, HOUSEKEEPING, BackgroundWork
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission

FEATURE = Feature(
    routes=(
        RoutesAt("api.trail.routes", "/events"),
        RoutesAt("api.trail.history.routes", "/audits/*/history"),
        RoutesAt("api.trail.verifying.routes", "/verifications"),
    ),
    pages=(
        RoutesAt("api.trail.pages", "/events"),
        RoutesAt("api.trail.history.pages", "/audits/*/history"),
        RoutesAt("api.trail.verifying.pages", "/verifications"),
    ),
    provides=(
        MENU.by(MenuEntry("Events", "/events", Permission.READ_EVENTS, Section.ORGANISATION, place=60)),
        LINKS.by(Later("api.trail.history.pages", "link_to_history")),
        MENU.by(
            MenuEntry("Verification", "/verifications", Permission.VERIFY_EVIDENCE, Section.ORGANISATION, place=70)
        ),
        EVENT_TEXTS.by({"evidence.verification-asked": "Verification asked for by {who}"}),
        HOUSEKEEPING.by(Later("api.trail.verifying.actions", "delete_old")),
        BACKGROUND_WORK.by(BackgroundWork("verifying", 15, Later("api.trail.verifying.actions", "do_due"))),
        # Ten minutes after the start at the earliest: until then the processor is needed for requests.
        BACKGROUND_WORK.by(BackgroundWork("daily verifying", 600, Later("api.trail.verifying.actions", "do_daily"))),
        BACKGROUND_WORK.by(BackgroundWork("signing", 5, Later("api.trail.checkpoints", "write_all_due"))),
    ),
)
