"""Improvement: what this room registers."""

from api.audits.hooks import PARTS as AUDIT_PARTS
from api.audits.submission.hooks import AFTER_SUBMISSION
from api.foundation.background import BACKGROUND_WORK, BackgroundWork
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.identity.showing import SHOWS_AUDIT
from api.foundation.pages.home_page import TASKS, TaskSource
from api.foundation.pages.menu import MENU, PAGE_ACTIONS, MenuEntry, Section
from api.foundation.permissions import Permission
from api.from_documents.hooks import KEEP_RECOMMENDATIONS
from api.rounds.hooks import STEPS
from checklists.audits.how_seen import HowSeen

FEATURE = Feature(
    routes=(
        RoutesAt("api.improvement.routes", "/actions"),
        RoutesAt("api.improvement.child_level.routes", "/audits/*/actions", "/child-actions/*"),
        RoutesAt("api.improvement.redaction.routes", "/actions/*/redactions"),
        RoutesAt("api.improvement.defaults.routes", "/action-defaults"),
        RoutesAt("api.improvement.recommendations.routes", "/recommendations"),
        RoutesAt("api.improvement.impact.routes", "/reports/changed", "/reports/changed.*"),
    ),
    pages=(
        RoutesAt("api.improvement.planning_pages", "/actions/*/edit", "/actions/new"),
        RoutesAt("api.improvement.defaults.pages", "/actions/defaults"),
        RoutesAt("api.improvement.redaction.pages", "/actions/*/redact"),
        RoutesAt("api.improvement.pages", "/actions"),
        RoutesAt("api.improvement.progress_pages", "/actions/*/due-date", "/actions/*/moves/*", "/actions/*/progress"),
        RoutesAt("api.improvement.child_level.pages", "/audits/*/actions/new", "/child-actions/*/edit"),
        RoutesAt("api.improvement.recommendations.pages", "/recommendations"),
        RoutesAt("api.improvement.impact.pages", "/reports/changed", "/reports/changed.*"),
    ),
    provides=(
        EVENT_TEXTS.by(
            {
                "action.agreed": "Action agreed by {who}",
                "action.changed": "Action changed by {who}",
                "action.dropped": "Action not pursued, by {who}",
                "action.due-date-moved": "Due date of an action moved by {who}",
                "action.finished": "Action recorded as done by {who}",
                "action.impact-confirmed": "Impact of an action confirmed by {who}",
                "action.no-impact": "Action closed without impact seen by {who}",
                "action.progress-noted": "Progress on an action noted by {who}",
                "action.proposed": "Action proposed by {who}",
                "action.redacted": "Text of an action permanently redacted by {who}",
                "action.resumed": "Action continued by {who}",
                "action.reminded": "People reminded of an overdue action",
                "action.started": "Action started by {who}",
                "action.went-live": "Action for a child live: audit submitted or action added by {who}",
                "actions.defaults-set": "Child-level actions due in {number} working days unless set, by {who}",
                "audit.actions-read": "Actions for the child read by {who}",
                "recommendation.answered": "Recommendation answered by {who}",
                "recommendation.changed": "Recommendation changed by {who}",
                "recommendation.recorded": "Recommendation recorded by {who}",
                "report.changed-fetched": "Report of what changed downloaded by {who}",
            }
        ),
        MENU.by(MenuEntry("Actions", "/actions", Permission.READ_ACTIONS, Section.HOME, place=15)),
        MENU.by(MenuEntry("What changed", "/reports/changed", Permission.READ_REPORTS, Section.REPORTS, place=12)),
        MENU.by(MenuEntry("Recommendations", "/recommendations", Permission.READ_REPORTS, Section.REPORTS, place=40)),
        SHOWS_AUDIT.by({"audit.actions-read": HowSeen.ASKED}),
        AFTER_SUBMISSION.by(Later("api.improvement.child_level.actions", "go_live_on_submission")),
        BACKGROUND_WORK.by(
            BackgroundWork(
                "reminders of actions", 600, Later("api.improvement.reminders.reminding", "give_reminders_now")
            )
        ),
        AUDIT_PARTS.by(Later("api.improvement.on_pages.page_parts", "of_audit")),
        PAGE_ACTIONS.by(
            Later("api.improvement.on_pages.page_parts", "on_reports"),
            Later("api.improvement.on_pages.page_parts", "beside_answers"),
        ),
        STEPS.by(Later("api.improvement.pages", "planning")),
        TASKS.by(TaskSource(40, Later("api.improvement.home_page", "own_actions"))),
        KEEP_RECOMMENDATIONS.by(Later("api.improvement.recommendations.actions", "record_from_document")),
    ),
)
