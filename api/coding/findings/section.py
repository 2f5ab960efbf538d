"""Findings from what was written, as a section of a round's report."""

from sqlmodel import Session

from api.coding.findings.queries import list_findings
from api.coding.rules import check_can_code
from api.documents.document import Section
from api.foundation.permissions import Actor
from api.foundation.problems import is_allowed
from api.reports.deleted_audits import deleted_in_words
from models import Round, RoundState

HEADING = "Findings from what was written"


def findings_section(session: Session, audit_round: Round, by: Actor) -> Section | None:
    """The findings by theme, each with the number of audits that have its code; None where there are none."""
    if audit_round.state is RoundState.PLANNED or not is_allowed(check_can_code, by):
        return None
    found = list_findings(session, round_id=audit_round.id, by=by)
    if not found:
        return None
    points = tuple(f"{each.theme_label}: {each.with_count}" for each in found)
    said = "Written by quality leads from what auditors wrote. Numbers are of counted audits with a text on the theme."
    deleted = deleted_in_words(session, [audit_round])
    return Section(HEADING, paragraphs=(said, deleted) if deleted else (said,), points=points)
