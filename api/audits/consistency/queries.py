"""Possible inconsistencies of an audit, for its auditor before submission and for people who check it."""

from api.audits.actions import ReadAudit
from checklists.audits.consistency import Finding, GivenScore, findings


def findings_of(found: ReadAudit) -> list[Finding]:
    """All possible inconsistencies of an audit that the actor is known to be allowed to read."""
    given = {
        theme: GivenScore(score.answer, score.rationale, score.impact, score.evidence, tuple(score.sources.split()))
        for theme, score in found.scores.items()
    }
    return findings(
        found.template,
        given,
        overall_override=found.audit.overall_override,
        questions=found.question_answers,
        involves=found.involves,
    )
