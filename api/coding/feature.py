"""Coding: what this room registers."""

from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.http.problem_details import CONSTRAINT_TEXTS
from api.foundation.identity.showing import SHOWS_ROUND
from api.reports.round_report.hooks import FURTHER_SECTIONS
from api.rounds.hooks import STEPS
from checklists.audits.how_seen import HowSeen

FEATURE = Feature(
    routes=(RoutesAt("api.coding.routes", "/rounds/*/codes", "/rounds/*/passages", "/rounds/*/findings"),),
    pages=(
        RoutesAt("api.coding.codes.pages", "/rounds/*/codes"),
        RoutesAt("api.coding.passages.pages", "/rounds/*/findings"),
        RoutesAt("api.coding.findings.pages", "/rounds/*/written-findings"),
    ),
    provides=(
        SHOWS_ROUND.by({"round.passages-read": HowSeen.LISTED}),
        EVENT_TEXTS.by(
            {
                "code.added": "Code added by {who}",
                "code.carried-over": "Codes of another round taken by {who}",
                "code.changed": "Code changed by {who}",
                "code.deleted": "Code deleted by {who}",
                "code.merged": "Code merged into another by {who}",
                "finding.changed": "Finding changed by {who}",
                "finding.deleted": "Finding deleted by {who}",
                "finding.written": "Finding written by {who}",
                "round.coding-finished": "Coding of a theme finished by {who}: {themes}",
                "round.passages-coded": "Passages of a round coded by {who}",
                "round.passages-read": "Passages of a round read by {who}",
            }
        ),
        CONSTRAINT_TEXTS.by(
            {"uq_passage_code_round_id_organisation_id_name": "The round has a code with this name already."}
        ),
        FURTHER_SECTIONS.by(Later("api.coding.findings.section", "findings_section")),
        STEPS.by(Later("api.coding.passages.pages", "step_to_findings")),
    ),
)
