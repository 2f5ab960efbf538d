"""Webhooks: what this room registers."""

from api.foundation.background import BACKGROUND_WORK, HOUSEKEEPING, BackgroundWork
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.pages.home_page import TASKS, TaskSource
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission

FEATURE = Feature(
    routes=(RoutesAt("api.webhooks.routes", "/webhooks"),),
    pages=(RoutesAt("api.webhooks.pages", "/webhooks"),),
    provides=(
        EVENT_TEXTS.by(
            {
                "webhook.made": "Webhook created by {who}",
                "webhook.changed": "Webhook changed by {who}",
                "webhook.switched-on": "Webhook switched on by {who}",
                "webhook.switched-off": "Webhook switched off by {who}",
                "webhook.deleted": "Webhook deleted by {who}",
                "webhook.secret-changed": "Secret of a webhook changed by {who}",
                "webhook.test-asked": "Test message to a webhook requested by {who}",
                "webhook.sent-again": "Messages to a webhook sent again by {who}: {number}",
                "webhook.parked": "Messages to a webhook that were not delivered for a day and need action: {number}",
                "webhook.gone": "Webhook switched off: its address answered that it is gone",
            }
        ),
        MENU.by(MenuEntry("Webhooks", "/webhooks", Permission.WRITE_WEBHOOKS, Section.ORGANISATION, place=45)),
        TASKS.by(TaskSource(71, Later("api.webhooks.home_page", "messages_not_delivered"))),
        BACKGROUND_WORK.by(
            BackgroundWork("webhooks", 5, Later("api.webhooks.sending", "send_now"), needs="webhook_hosts")
        ),
        HOUSEKEEPING.by(Later("api.webhooks.housekeeping", "delete_old")),
    ),
)
