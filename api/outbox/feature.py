"""Emails that were not sent: what this room registers."""

from api.foundation.background import BACKGROUND_WORK, BackgroundWork
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.outbox.sending import send_due
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.pages.start_page import TASKS, TaskSource
from api.foundation.permissions import Permission
from api.outbox import start_page

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
        TASKS.by(TaskSource(70, start_page.mails_not_sent)),
        BACKGROUND_WORK.by(BackgroundWork("emails", 10, send_due, needs="smtp_host")),
    ),
)
