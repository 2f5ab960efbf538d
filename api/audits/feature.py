"""Audits: what this room registers."""

from api.audits import my_pages, pages, round_pages, routes, worklists
from api.audits.case import pages as case_pages
from api.audits.case import routes as case_routes
from api.audits.complete import routes as complete_routes
from api.audits.conclusion import pages as conclusion_pages
from api.audits.conclusion import routes as conclusion_routes
from api.audits.consistency import routes as consistency_routes
from api.audits.conversation import pages as conversation_pages
from api.audits.conversation import routes as conversation_routes
from api.audits.family_views import pages as family_pages
from api.audits.family_views import routes as family_routes
from api.audits.redaction import pages as redaction_pages
from api.audits.redaction import routes as redaction_routes
from api.audits.scoring import draft_routes, drafts
from api.audits.scoring import pages as scoring_pages
from api.audits.scoring import routes as scoring_routes
from api.audits.submission import pages as submission_pages
from api.audits.theme_notes import pages as note_pages
from api.audits.theme_notes import routes as note_routes
from api.audits.unfinished import NOT_SUBMITTED, RETURNED
from api.foundation.background import HOUSEKEEPING
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature
from api.foundation.identity.having_seen import SHOWS_AUDIT, SHOWS_ROUND
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.pages.start_page import TASKS, TaskSource
from api.foundation.permissions import Permission
from api.rounds.unfinished import UNFINISHED
from models import HowSeen

FEATURE = Feature(
    routes=(
        routes.router,
        scoring_routes.router,
        draft_routes.router,
        complete_routes.router,
        conclusion_routes.router,
        case_routes.router,
        conversation_routes.router,
        family_routes.router,
        note_routes.router,
        consistency_routes.router,
        redaction_routes.router,
    ),
    # The pages of one's own audits come first: otherwise those of a single audit would match their paths.
    pages=(
        my_pages.router,
        pages.router,
        scoring_pages.router,
        conclusion_pages.router,
        case_pages.router,
        conversation_pages.router,
        family_pages.router,
        note_pages.router,
        submission_pages.router,
        redaction_pages.router,
        round_pages.router,
    ),
    provides=(
        SHOWS_AUDIT.by(
            {
                "audit.read": HowSeen.OPENED,
                "audit.recorded": HowSeen.RECORDED,
                "audit.redacted": HowSeen.OPENED,
                "audit.returned": HowSeen.MODERATED,
            }
        ),
        SHOWS_ROUND.by({"round.audits-listed": HowSeen.LISTED}),
        EVENT_TEXTS.by(
            {
                "audit.case-described": "Case facts recorded by {who}",
                "audit.changed": "Audit method or overall judgement changed by {who}",
                "audit.concluded": "Conclusion written by {who}",
                "audit.conversation-written": "Conversation with the practitioner recorded by {who}",
                "audit.family-views-written": "Family views recorded by {who}",
                "audit.questions-answered": "Questions answered by {who}: {themes}",
                "audit.read": "Read by {who}",
                "audit.recorded": "Audit by {auditor} recorded by {who}",
                "audit.redacted": "Text permanently redacted by {who}",
                "audit.refused": "Access refused to {who}",
                "audit.returned": "Returned to the auditor by {who}",
                "audit.score-cleared": "Answer cleared by {who}: {themes}",
                "audit.scored": "Answered by {who}: {themes}",
                "audit.submitted": "Submitted by {who}",
                "audit.theme-notes-written": "Strengths and areas for development written by {who}",
                "audit.withdrawn": "Withdrawn by {who}",
                "round.audits-listed": "Overall judgements of audits listed by {who}",
            }
        ),
        UNFINISHED.by(NOT_SUBMITTED, RETURNED),
        HOUSEKEEPING.by(drafts.delete_old_drafts),
        TASKS.by(TaskSource(10, worklists.next_audits)),
        MENU.by(
            MenuEntry("My audits", "/audits", Permission.SCORE_AUDITS, Section.MY_AUDITS, place=10),
            MenuEntry("Submitted audits", "/audits/of-others", Permission.RETURN_AUDITS, Section.CHECK, place=20),
        ),
    ),
)
