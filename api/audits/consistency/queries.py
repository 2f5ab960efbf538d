"""What is odd in an audit, for its auditor before they submit it and for whoever checks it."""

from api.audits.actions import ReadAudit
from checklists.consistency import Finding, GivenScore, findings


def findings_of(found: ReadAudit) -> list[Finding]:
    """Everything that is odd in an audit whose reading has been allowed."""
    given = {
        theme: GivenScore(score.answer, score.rationale, score.impact, score.evidence)
        for theme, score in found.scores.items()
    }
    return findings(found.template, given, overall_override=found.audit.overall_override)
