"""Notices: what this room registers."""

from api.foundation.background import BACKGROUND_WORK, HOUSEKEEPING, BackgroundWork
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.outbox.letters import LETTERS, LetterKind
from api.foundation.pages.menu import BANNERS, MENU, MenuEntry, Section
from api.foundation.permissions import Permission
from api.people.hooks import ON_ACCESS_ASKED, ON_ACCESS_DECIDED
from models import About

FEATURE = Feature(
    routes=(RoutesAt("api.notices.routes", "/notices"),),
    pages=(RoutesAt("api.notices.pages", "/notices"),),
    provides=(
        EVENT_TEXTS.by(
            {"notice.read": "Notice read by {who}", "notice.all-read": "Notices marked as read by {who}: {number}"}
        ),
        LETTERS.by(LetterKind(frozenset({About.NOTICE}), Later("api.notices.mailing", "write"))),
        BACKGROUND_WORK.by(
            BackgroundWork("mail about notices", 60, Later("api.notices.mailing", "queue_mail_now"), needs="smtp_host")
        ),
        HOUSEKEEPING.by(Later("api.notices.actions", "delete_old_notices")),
        BANNERS.by(Later("api.notices.pages", "on_home_page")),
        ON_ACCESS_ASKED.by(Later("api.notices.of_access", "notify_of_request")),
        ON_ACCESS_DECIDED.by(Later("api.notices.of_access", "withdraw_request")),
        MENU.by(MenuEntry("Notices", "/notices", Permission.OWN_ACCOUNT, Section.HOME, place=20)),
    ),
)
