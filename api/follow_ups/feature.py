"""Follow-ups: what this room registers."""

from api.audits.hooks import LINKS
from api.audits.submission.hooks import AFTER_AGREEMENT, AFTER_RECORDING, AFTER_SUBMISSION, AFTER_TAKING_BACK
from api.foundation.background import BACKGROUND_WORK, BackgroundWork
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.identity.showing import SHOWS_AUDIT
from api.foundation.pages.home_page import TASKS, TaskSource
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission
from api.moderation.limits import LIMITS, ModerationLimit
from api.reports.round_report.hooks import FURTHER_SECTIONS
from api.rounds.hooks import PARTS, Part, Side
from checklists.audits.how_seen import HowSeen

FEATURE = Feature(
    routes=(
        RoutesAt("api.follow_ups.rule.routes", "/rounds/*/follow-up-rule"),
        RoutesAt("api.follow_ups.routes", "/follow-ups", "/audits/*/follow-up"),
    ),
    pages=(
        RoutesAt("api.follow_ups.rule.pages", "/rounds/*/follow-up-rule"),
        RoutesAt("api.follow_ups.pages", "/follow-ups", "/audits/*/follow-up"),
    ),
    provides=(
        SHOWS_AUDIT.by(
            {
                "audit.follow-up-allocated": HowSeen.ASKED,
                "audit.follow-up-done": HowSeen.ASKED,
                "audit.follow-up-read": HowSeen.ASKED,
            }
        ),
        EVENT_TEXTS.by(
            {
                "audit.follow-up-allocated": "Follow-up allocated by {who}",
                "audit.follow-up-done": "Follow-up recorded by {who}",
                "audit.follow-up-found": "Audit found at the lowest rating, submitted or agreed by {who}",
                "audit.follow-up-not-needed": "Follow-up no longer needed, by {who}",
                "audit.follow-up-read": "Follow-up read by {who}",
                "audit.follow-up-notified": "Notified of the audit, recorded by {who}",
                "round.follow-up-rule-set": "Rule for follow-ups changed by {who}",
            }
        ),
        MENU.by(
            MenuEntry(
                "Follow-ups",
                "/follow-ups",
                Permission.READ_ACTIONS,
                Section.HOME,
                place=16,
                covers=r"/audits/[^/]+/follow-up",
            )
        ),
        AFTER_SUBMISSION.by(Later("api.follow_ups.finding", "look_at_submitted")),
        AFTER_RECORDING.by(Later("api.follow_ups.finding", "look_at_recorded")),
        AFTER_TAKING_BACK.by(Later("api.follow_ups.finding", "end_when_taken_back")),
        AFTER_AGREEMENT.by(Later("api.follow_ups.finding", "look_at_agreed")),
        LIMITS.by(
            ModerationLimit(
                Later("api.follow_ups.rules", "check_role_of_moderator"),
                Later("api.follow_ups.rules", "moderated_by_role"),
            )
        ),
        BACKGROUND_WORK.by(
            BackgroundWork("notices of follow-ups", 600, Later("api.follow_ups.notifying", "notify_now"))
        ),
        FURTHER_SECTIONS.by(Later("api.follow_ups.document", "section_of_round")),
        LINKS.by(Later("api.follow_ups.page_parts", "link_to_follow_up")),
        PARTS.by(Part(Side.DETAILS, Later("api.follow_ups.rule.pages", "rule_of_round"))),
        TASKS.by(TaskSource(22, Later("api.follow_ups.page_parts", "follow_ups_to_do"))),
    ),
)
