"""Moderation: what this room registers."""

from api.audits.hooks import LINKS, OWN_STEPS
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.identity.showing import SHOWS_AUDIT
from api.foundation.pages.home_page import TASKS, TaskSource
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission
from api.people.hooks import OPEN_WORK
from api.rounds.hooks import PARTS, UNFINISHED, Part, Side
from checklists.audits.how_seen import HowSeen

FEATURE = Feature(
    routes=(RoutesAt("api.moderation.routes", "/audits/*", "/moderation-queue", "/rounds/*/moderation-rule"),),
    pages=(RoutesAt("api.moderation.pages", "/audits/*", "/moderation", "/rounds/*/moderation-rule"),),
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
            | {"audit.causes-read": HowSeen.LISTED}
        ),
        EVENT_TEXTS.by(
            {
                "audit.causes-read": "Why the audit is moderated read by {who}",
                "audit.accepted": "Agreed with no changes by {who}",
                "audit.agreed": "Agreed by {who}; changed: {themes}",
                "audit.chosen-for-moderation": "Selected for moderation by {who}",
                "audit.comment-resolved": "Comment thread resolved by {who}",
                "audit.commented": "Comment added by {who}",
                "audit.moderated": "Moderated by {who}: {themes}",
                "audit.overall-changed-at-sign-off": "Overall judgement changed at sign-off by {who}",
                "audit.overall-moderated": "Overall judgement given by {who}",
                "audit.no-longer-chosen-for-moderation": "Removed from moderation selection by {who}",
                "audit.reopened": "Reopened by {who}; signature void",
                "audit.reopening-asked": "Request to reopen made by {who}",
                "audit.reopening-refused": "Request to reopen refused by {who}",
                "audit.signed-off": "Signed off by {who}",
                "audit.taken-into-moderation": "Moderation started by {who}",
                "round.moderation-rule-set": "Moderation rules changed by {who}",
            }
        ),
        MENU.by(MenuEntry("Moderation", "/moderation", Permission.MODERATE_AUDITS, Section.CHECK, place=10)),
        TASKS.by(TaskSource(20, Later("api.moderation.home_page", "audits_to_check"))),
        LINKS.by(Later("api.moderation.pages", "link_to_moderation")),
        OPEN_WORK.by(Later("api.moderation.open_work", "MODERATIONS")),
        UNFINISHED.by(
            Later("api.moderation.unfinished", "NOT_MODERATED"),
            Later("api.moderation.unfinished", "IN_MODERATION"),
            Later("api.moderation.unfinished", "WITHOUT_MODERATOR"),
            Later("api.moderation.unfinished", "NOT_SIGNED_OFF"),
            Later("api.moderation.unfinished", "REOPENING_UNDECIDED"),
            Later("api.moderation.unfinished", "OPEN_COMMENTS"),
        ),
        OWN_STEPS.by(Later("api.moderation.comments", "steps_of_auditors")),
        PARTS.by(Part(Side.DETAILS, Later("api.moderation.pages", "rule_of_round"))),
    ),
)
