"""Audits: what this room registers."""

from api.foundation.background import HOUSEKEEPING
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.identity.showing import SHOWS_AUDIT, SHOWS_ROUND
from api.foundation.pages.home_page import TASKS, TaskSource
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission
from api.rounds.hooks import UNFINISHED
from checklists.audits.how_seen import HowSeen

FEATURE = Feature(
    routes=(
        RoutesAt("api.audits.routes", "/audits"),
        RoutesAt("api.audits.scoring.routes", "/audits/*/questions", "/audits/*/scores"),
        RoutesAt("api.audits.scoring.draft_routes", "/audits/*/drafts"),
        RoutesAt("api.audits.complete.routes", "/audit-statuses", "/complete-audits"),
        RoutesAt("api.audits.conclusion.routes", "/audits/*/conclusion"),
        RoutesAt("api.audits.case.routes", "/audits/*/case"),
        RoutesAt("api.audits.conversation.routes", "/audits/*/conversation"),
        RoutesAt("api.audits.family_views.routes", "/audits/*/family-views"),
        RoutesAt("api.audits.theme_notes.routes", "/audits/*/theme-notes"),
        RoutesAt("api.audits.consistency.routes", "/audits/*/consistency"),
        RoutesAt("api.audits.redaction.routes", "/audits/*/redactions"),
        RoutesAt("api.audits.workbooks.routes", "/audit-workbook", "/audit-workbooks", "/audits/*/sheet"),
    ),
    # The pages of one's own audits come first: otherwise those of a single audit would match their paths.
    pages=(
        RoutesAt("api.audits.my_pages", "/audits"),
        RoutesAt("api.audits.workbooks.pages", "/audits/workbook"),
        RoutesAt("api.audits.pages", "/audits/*"),
        RoutesAt("api.audits.scoring.pages", "/audits/*/domains/*", "/audits/*/themes/*"),
        RoutesAt("api.audits.conclusion.pages", "/audits/*/conclusion"),
        RoutesAt("api.audits.case.pages", "/audits/*/case"),
        RoutesAt("api.audits.conversation.pages", "/audits/*/conversation"),
        RoutesAt("api.audits.family_views.pages", "/audits/*/family-views"),
        RoutesAt("api.audits.theme_notes.pages", "/audits/*/theme-notes"),
        RoutesAt("api.audits.submission.whole_pages", "/audits/*/whole"),
        RoutesAt("api.audits.submission.pages", "/audits/*"),
        RoutesAt("api.audits.redaction.pages", "/audits/*/redact"),
        RoutesAt("api.audits.round_pages", "/rounds/*/audits"),
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
                "audit.workbook-downloaded": "Downloaded as an Excel workbook by {who}",
                "audit.workbook-uploaded": "Saved from an Excel workbook by {who}",
                "round.audits-listed": "Overall judgements of audits listed by {who}",
            }
        ),
        UNFINISHED.by(Later("api.audits.unfinished", "NOT_SUBMITTED"), Later("api.audits.unfinished", "RETURNED")),
        HOUSEKEEPING.by(Later("api.audits.scoring.drafts", "delete_old_drafts")),
        TASKS.by(TaskSource(10, Later("api.audits.worklists", "next_audits"))),
        MENU.by(
            MenuEntry("My audits", "/audits", Permission.SCORE_AUDITS, Section.MY_AUDITS, place=10),
            MenuEntry("Submitted audits", "/audits/of-others", Permission.RETURN_AUDITS, Section.CHECK, place=20),
        ),
    ),
)
