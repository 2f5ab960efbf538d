"""Moderation: what this room registers."""

from api.audits.hooks import LINKS, OWN_STEPS
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature
from api.foundation.identity.having_seen import SHOWS_AUDIT
from api.foundation.pages.menu import MENU, MenuEntry
from api.foundation.permissions import Permission
from api.moderation import comments, pages, routes, unfinished
from api.moderation.open_work import MODERATIONS
from api.people.open_work import OPEN_WORK
from api.rounds.hooks import PARTS, Part, Side
from api.rounds.unfinished import UNFINISHED
from models import HowSeen

FEATURE = Feature(
    routes=(routes.router,),
    pages=(pages.router,),
    provides=(
        SHOWS_AUDIT.by(
            dict.fromkeys(
                (
                    *("audit.accepted", "audit.agreed", "audit.moderated", "audit.overall-moderated"),
                    *("audit.overall-changed-at-sign-off", "audit.reopened", "audit.reopening-asked"),
                    *("audit.reopening-refused", "audit.signed-off", "audit.taken-into-moderation"),
                ),
                HowSeen.MODERATED,
            )
            | dict.fromkeys(("audit.comment-resolved", "audit.commented"), HowSeen.COMMENTED)
        ),
        EVENT_TEXTS.by(
            {
                "audit.accepted": "Agreed as it was by {who}",
                "audit.agreed": "Agreed by {who}; changed: {themes}",
                "audit.chosen-for-moderation": "Chosen for moderation by {who}",
                "audit.comment-resolved": "Thread of comments resolved by {who}",
                "audit.commented": "Commented on by {who}",
                "audit.moderated": "Moderated by {who}: {themes}",
                "audit.overall-changed-at-sign-off": "Overall judgement changed at sign-off by {who}",
                "audit.overall-moderated": "Overall judgement given by {who}",
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
        OPEN_WORK.by(MODERATIONS),
        UNFINISHED.by(
            unfinished.NOT_MODERATED,
            unfinished.IN_MODERATION,
            unfinished.WITHOUT_MODERATOR,
            unfinished.NOT_SIGNED_OFF,
            unfinished.REOPENING_UNDECIDED,
            unfinished.OPEN_COMMENTS,
        ),
        OWN_STEPS.by(comments.steps_of_auditors),
        PARTS.by(Part(Side.BESIDE, pages.rule_of_round)),
    ),
)
