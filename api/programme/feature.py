"""The audit programme: what this room registers."""

from api.foundation.background import BACKGROUND_WORK, BackgroundWork
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission
from api.rounds.hooks import PARTS, Part, Side

FEATURE = Feature(
    routes=(
        RoutesAt("api.programme.routes", "/programmes", "/programme-lines"),
        RoutesAt("api.programme.year.routes", "/programmes/*/report", "/programmes/*/report.*"),
        RoutesAt("api.programme.register.routes", "/auditor-register"),
    ),
    pages=(
        RoutesAt("api.programme.pages", "/programmes"),
        RoutesAt("api.programme.line_pages", "/programmes/*/lines", "/programme-lines"),
        RoutesAt(
            "api.programme.progress_pages",
            "/programmes/*/progress",
            "/programmes/*/calendar",
            "/programmes/*/calendar.*",
        ),
        RoutesAt("api.programme.year.pages", "/programmes/*/report", "/programmes/*/report.*"),
        RoutesAt("api.programme.register.pages", "/auditor-register"),
    ),
    provides=(
        EVENT_TEXTS.by(
            {
                "programme.calendar-fetched": "Calendar of an audit programme downloaded by {who}",
                "programme.changed": "Audit programme changed by {who}",
                "programme.exemption-approved": "Exemption from the audit programme approved by {who}",
                "programme.exemption-asked": "Exemption from the audit programme asked for by {who}",
                "programme.exemption-declined": "Exemption from the audit programme declined by {who}",
                "programme.line-added": "Line added to an audit programme by {who}",
                "programme.line-changed": "Line of an audit programme changed by {who}",
                "programme.line-continued": "Line of an audit programme continued by {who}",
                "programme.line-ended": "Line of an audit programme ended by {who}",
                "programme.line-paused": "Line of an audit programme paused by {who}",
                "programme.made": "Audit programme created by {who}",
                "programme.report-fetched": "Report of an audit programme downloaded by {who}",
                "programme.round-blocked": "Round of an audit programme due, and not planned",
                "programme.training-recorded": "Training of an auditor or moderator recorded by {who}",
                "programme.joint-round-planned": "Joint audit planned from an audit programme",
                "programme.round-planned": "Round planned from an audit programme",
            }
        ),
        MENU.by(
            MenuEntry(
                "Audit programme",
                "/programmes",
                Permission.WRITE_ROUNDS,
                Section.ROUNDS,
                place=15,
                covers=r"/programme-lines/",
            )
        ),
        MENU.by(
            MenuEntry("Register of auditors", "/auditor-register", Permission.WRITE_ROUNDS, Section.ROUNDS, place=17)
        ),
        PARTS.by(Part(Side.TOP, Later("api.programme.round_parts", "of_the_programme"))),
        BACKGROUND_WORK.by(BackgroundWork("audit programme", 600, Later("api.programme.making", "make_rounds_now"))),
    ),
)
