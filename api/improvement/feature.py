"""Improvement: what this room registers."""

from api.audits.hooks import PARTS as AUDIT_PARTS
from api.audits.submission.hooks import AFTER_SUBMISSION
from api.foundation.background import BACKGROUND_WORK, BackgroundWork
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature
from api.foundation.identity.having_seen import SHOWS_AUDIT
from api.foundation.pages.menu import MENU, PAGE_ACTIONS, MenuEntry, Section
from api.foundation.pages.start_page import TASKS, TaskSource
from api.foundation.permissions import Permission
from api.from_documents.hooks import KEEP_RECOMMENDATIONS
from api.improvement import pages, planning_pages, progress_pages, routes, start_page
from api.improvement.child_level import actions as child_level
from api.improvement.child_level import page_parts
from api.improvement.child_level import pages as child_pages
from api.improvement.child_level import routes as child_routes
from api.improvement.defaults import pages as default_pages
from api.improvement.defaults import routes as default_routes
from api.improvement.impact import pages as impact_pages
from api.improvement.impact import routes as impact_routes
from api.improvement.recommendations import actions as recommendations
from api.improvement.recommendations import pages as recommendation_pages
from api.improvement.recommendations import routes as recommendation_routes
from api.improvement.redaction import pages as redaction_pages
from api.improvement.redaction import routes as redaction_routes
from api.improvement.reminders.reminding import give_reminders_now
from api.rounds.hooks import STEPS
from models import HowSeen

FEATURE = Feature(
    routes=(
        routes.router,
        child_routes.router,
        redaction_routes.router,
        default_routes.router,
        recommendation_routes.router,
        impact_routes.router,
    ),
    pages=(
        planning_pages.router,
        default_pages.router,
        redaction_pages.router,
        pages.router,
        progress_pages.router,
        child_pages.router,
        recommendation_pages.router,
        impact_pages.router,
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
        AFTER_SUBMISSION.by(child_level.go_live_on_submission),
        BACKGROUND_WORK.by(BackgroundWork("reminders of actions", 600, give_reminders_now)),
        AUDIT_PARTS.by(page_parts.of_audit),
        PAGE_ACTIONS.by(planning_pages.on_reports, page_parts.beside_answers),
        STEPS.by(pages.planning),
        TASKS.by(TaskSource(40, start_page.own_actions)),
        KEEP_RECOMMENDATIONS.by(recommendations.record_from_document),
    ),
)
