"""Reports: what this room registers."""

from api.foundation.background import BACKGROUND_WORK, HOUSEKEEPING, BackgroundWork
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.identity.showing import SHOWS_ROUND
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission
from api.rounds.hooks import CLOSING_WORK, PARTS, STEPS, ClosingWork, Part, Side
from checklists.audits.how_seen import HowSeen

FEATURE = Feature(
    routes=(
        RoutesAt("api.reports.gaps.routes", "/reports"),
        RoutesAt("api.reports.round_report.routes", "/rounds/*"),
        RoutesAt("api.reports.measured_change.routes", "/rounds/*/change", "/rounds/*/change.*"),
        RoutesAt("api.reports.characteristics.routes", "/rounds/*/characteristics", "/rounds/*/characteristics.*"),
        RoutesAt("api.reports.conclusions.routes", "/rounds/*/conclusions"),
        RoutesAt("api.reports.voices.routes", "/rounds/*/voices"),
        RoutesAt("api.reports.exemplary.routes", "/rounds/*/exemplary"),
        RoutesAt("api.reports.exports.routes", "/exports"),
    ),
    pages=(
        RoutesAt("api.reports.gaps.pages", "/reports/gaps"),
        RoutesAt("api.reports.round_report.pages", "/rounds/*"),
        RoutesAt("api.reports.measured_change.pages", "/rounds/*/change", "/rounds/*/change.*"),
        RoutesAt("api.reports.characteristics.pages", "/rounds/*/characteristics", "/rounds/*/characteristics.*"),
        RoutesAt("api.reports.conclusions.pages", "/rounds/*/conclusions"),
        RoutesAt("api.reports.voices.pages", "/rounds/*/voices"),
        RoutesAt("api.reports.exemplary.pages", "/rounds/*/exemplary"),
        RoutesAt("api.reports.exports.pages", "/exports", "/rounds/*/export"),
    ),
    provides=(
        SHOWS_ROUND.by(
            {
                "export.asked": HowSeen.EXPORTED,
                "export.fetched": HowSeen.EXPORTED,
                "round.answers-read": HowSeen.LISTED,
                "round.conclusions-read": HowSeen.LISTED,
                "round.exemplary-read": HowSeen.LISTED,
                "round.report-fetched": HowSeen.LISTED,
                "round.characteristics-fetched": HowSeen.LISTED,
                "round.report-read": HowSeen.LISTED,
            }
        ),
        EVENT_TEXTS.by(
            {
                "export.asked": "Export requested by {who}",
                "export.fetched": "Export downloaded by {who}",
                "round.characteristics-fetched": "Report by characteristics of cases downloaded by {who}",
                "round.change-fetched": "Measured change of a round downloaded by {who}",
                "round.answers-read": "Answers behind a figure viewed by {who}",
                "round.conclusions-read": "Conclusions of a round’s audits viewed by {who}",
                "round.exemplary-read": "Exemplary practice of a round read by {who}",
                "round.report-read": "Report of a round with a group of few audits viewed by {who}",
                "round.report-fetched": "Round report downloaded by {who}",
                "round.trend-fetched": "Report over time downloaded by {who}",
            }
        ),
        MENU.by(
            MenuEntry(
                "Gap report",
                "/reports/gaps",
                Permission.READ_REPORTS,
                Section.REPORTS,
                place=10,
                covers=r"/rounds/[^/]+/(report|change|characteristics|trend|answers|conclusions|exemplary|voices)",
            ),
            MenuEntry("Exports", "/exports", Permission.READ_REPORTS, Section.REPORTS, place=30),
        ),
        BACKGROUND_WORK.by(
            BackgroundWork("exports", 2, Later("api.reports.exports.actions", "write_next_export"), everywhere=True)
        ),
        BACKGROUND_WORK.by(BackgroundWork("tallies", 1, Later("api.reports.keeping", "keep_up_to_date"))),
        HOUSEKEEPING.by(Later("api.reports.exports.actions", "delete_old_exports")),
        CLOSING_WORK.by(
            ClosingWork(
                Later("api.reports.closing", "prepare_on_closing"), Later("api.reports.closing", "store_on_closing")
            )
        ),
        STEPS.by(
            Later("api.reports.round_report.pages", "reporting"),
            Later("api.reports.measured_change.pages", "measuring"),
            Later("api.reports.characteristics.pages", "comparing"),
            Later("api.reports.voices.pages", "voices"),
            Later("api.reports.exemplary.pages", "exemplary"),
        ),
        PARTS.by(Part(Side.MAIN, Later("api.reports.round_report.pages", "completion"))),
    ),
)
