"""Emails that were not sent: what this room registers."""

from api.foundation.background import BACKGROUND_WORK, BackgroundWork
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.pages.home_page import TASKS, TaskSource
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission

FEATURE = Feature(
    routes=(RoutesAt("api.outbox.routes", "/outbox"),),
    pages=(RoutesAt("api.outbox.pages", "/outbox"),),
    provides=(
        EVENT_TEXTS.by(
            {
                "mail.given-up": "Unsent email discarded by {who}",
                "mail.parked": "Email to this person could not be sent and needs action",
                "mail.tried-again": "Unsent email sent again by {who}",
            }
        ),
        MENU.by(MenuEntry("Emails not sent", "/outbox", Permission.WRITE_OUTBOX, Section.ORGANISATION, place=50)),
        TASKS.by(TaskSource(70, Later("api.outbox.home_page", "mails_not_sent"))),
        BACKGROUND_WORK.by(
            BackgroundWork("emails", 10, Later("api.foundation.outbox.sending", "send_due"), needs="smtp_host")
        ),
    ),
)
