"""Coding: what this room registers."""

from api.coding import routes
from api.coding.codes import pages as code_pages
from api.coding.findings import pages as finding_pages
from api.coding.findings.section import findings_section
from api.coding.passages import pages as passage_pages
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature
from api.foundation.http.problem_details import CONSTRAINT_TEXTS
from api.foundation.identity.having_seen import SHOWS_ROUND
from api.reports.round_report.hooks import FURTHER_SECTIONS
from api.rounds.hooks import STEPS
from models import HowSeen

FEATURE = Feature(
    routes=(routes.router,),
    pages=(code_pages.router, passage_pages.router, finding_pages.router),
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
        FURTHER_SECTIONS.by(findings_section),
        STEPS.by(passage_pages.step_to_findings),
    ),
)
