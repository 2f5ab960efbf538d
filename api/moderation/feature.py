"""Moderation: what this room registers."""

from api.audits.hooks import LINKS, OWN_STEPS
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature
from api.foundation.pages.menu import MENU, MenuEntry
from api.foundation.permissions import Permission
from api.moderation import comments, pages, routes
from api.rounds.hooks import PARTS, Part, Side

FEATURE = Feature(
    routes=(routes.router,),
    pages=(pages.router,),
    provides=(
        EVENT_TEXTS.by(
            {
                "audit.accepted": "Agreed as it was by {who}",
                "audit.agreed": "Agreed by {who}; changed: {themes}",
                "audit.chosen-for-moderation": "Chosen for moderation by {who}",
                "audit.comment-resolved": "Thread of comments resolved by {who}",
                "audit.commented": "Commented on by {who}",
                "audit.moderated": "Moderated by {who}: {themes}",
                "audit.no-longer-chosen-for-moderation": "No longer chosen for moderation by {who}",
                "audit.reopened": "Opened again by {who}; its signature is void",
                "audit.reopening-asked": "Asked by {who} to be opened again",
                "audit.reopening-refused": "Not opened again, as {who} decided",
                "audit.signed-off": "Signed off by {who}",
                "audit.taken-into-moderation": "Taken into moderation by {who}",
                "round.moderation-rule-set": "What is moderated set by {who}",
            }
        ),
        MENU.by(MenuEntry("Moderation", "/moderation", Permission.MODERATE_AUDITS, place=30)),
        LINKS.by(pages.link_to_moderation),
        OWN_STEPS.by(comments.steps_of_auditors),
        PARTS.by(Part(Side.BESIDE, pages.rule_of_round)),
    ),
)
