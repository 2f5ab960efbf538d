"""Feedback: what this room registers."""

from api.audits.hooks import BESIDE_SCORES, LINKS
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.identity.showing import SHOWS_AUDIT
from api.foundation.pages.home_page import TASKS, TaskSource
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission
from checklists.audits.how_seen import HowSeen

FEATURE = Feature(
    routes=(
        RoutesAt("api.feedback.sheets.routes", "/audits/*/feedback", "/audits/*/feedback.*", "/reflections"),
        RoutesAt(
            "api.feedback.representations.routes", "/audits/*/representations", "/representations", "/team-feedback"
        ),
    ),
    pages=(
        RoutesAt("api.feedback.sheets.pages", "/audits/*/feedback", "/reflections"),
        RoutesAt(
            "api.feedback.representations.pages", "/audits/*/representations/*", "/representations", "/team-feedback"
        ),
        RoutesAt("api.feedback.links.pages", "/feedback/*"),
    ),
    provides=(
        SHOWS_AUDIT.by(
            {
                "audit.disagreed": HowSeen.ASKED,
                "audit.feedback-changed": HowSeen.OPENED,
                "audit.feedback-fetched": HowSeen.OPENED,
                "audit.feedback-given": HowSeen.OPENED,
                "audit.feedback-read": HowSeen.ASKED,
                "audit.feedback-shared": HowSeen.OPENED,
                # Where a person types it for the practitioner; by the link nobody of the service does.
                "audit.reflected": HowSeen.OPENED,
                "audit.reflection-typed": HowSeen.OPENED,
                "audit.representation-decided": HowSeen.MODERATED,
            }
        ),
        EVENT_TEXTS.by(
            {
                "audit.disagreed": "Representation of the team made by {who}: {themes}",
                "audit.feedback-changed": "Feedback to the practitioner changed by {who}",
                "audit.feedback-fetched": "Feedback sheet downloaded by {who}",
                "audit.feedback-given": "Feedback to the practitioner recorded by {who}",
                "audit.feedback-link-made": "Link for the practitioner made by {who}",
                "audit.feedback-read": "Feedback read for the team by {who}",
                "audit.feedback-shared": "Feedback shared with the team by {who}",
                "audit.reflected": "Reflection written by the practitioner",
                "audit.reflection-typed": "Reflection of the practitioner entered by {who}",
                "audit.representation-decided": "Representation of the team answered by {who}: {themes}",
            }
        ),
        BESIDE_SCORES.by(Later("api.feedback.parts", "beside_scores")),
        LINKS.by(Later("api.feedback.parts", "link_to_feedback")),
        TASKS.by(TaskSource(25, Later("api.feedback.parts", "representations_to_answer"))),
        MENU.by(
            MenuEntry("Feedback for teams", "/team-feedback", Permission.WRITE_REPRESENTATIONS, Section.HOME, place=18),
            MenuEntry(
                "Reflections",
                "/reflections",
                Permission.WRITE_FEEDBACK,
                Section.MY_AUDITS,
                place=40,
                otherwise=Section.CHECK,
            ),
            MenuEntry("Representations", "/representations", Permission.MODERATE_AUDITS, Section.CHECK, place=25),
        ),
    ),
)
