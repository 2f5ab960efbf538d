"""Improvement: what this room registers."""

from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature
from api.foundation.pages.menu import MENU, PAGE_ACTIONS, MenuEntry, Section
from api.foundation.permissions import Permission
from api.improvement import pages, planning_pages, progress_pages, routes
from api.rounds.hooks import STEPS

FEATURE = Feature(
    routes=(routes.router,),
    pages=(planning_pages.router, pages.router, progress_pages.router),
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
                "action.resumed": "Action continued by {who}",
                "action.started": "Action started by {who}",
            }
        ),
        MENU.by(MenuEntry("Actions", "/actions", Permission.READ_ACTIONS, Section.HOME, place=15)),
        PAGE_ACTIONS.by(planning_pages.on_reports),
        STEPS.by(pages.planning),
    ),
)
