"""Possible inconsistencies of an audit, over REST."""

import uuid
from typing import Annotated, Self

from pydantic import BaseModel, Field

from api.audits import actions as audits
from api.audits.actions import ReadAudit
from api.audits.consistency.queries import findings_of
from api.foundation.http.dependencies import Transaction, reading
from api.foundation.http.problem_details import refusals
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from checklists.audits.consistency import Finding, FindingKind

router = Router(prefix="/audits", tags=["Audits"])


class InconsistencyOut(BaseModel):
    kind: FindingKind
    themes: Annotated[list[str], Field(description="The themes involved. Empty for the overall judgement.")]
    fields: Annotated[list[str], Field(description="The field of each theme's score to correct first.")]
    sentence: Annotated[str, Field(description="The possible inconsistency and how to correct it.")]

    @classmethod
    def of(cls, finding: Finding) -> Self:
        return cls(
            kind=finding.kind, themes=list(finding.themes), fields=list(finding.fields), sentence=finding.sentence
        )


class Consistency(BaseModel):
    """Possible inconsistencies of an audit. Only a missing rationale prevents submission."""

    findings: list[InconsistencyOut]

    @classmethod
    def of(cls, found: ReadAudit) -> Self:
        return cls(findings=[InconsistencyOut.of(each) for each in findings_of(found)])


@router.get("/{audit_id}/consistency", response_model=Consistency, responses=refusals(404))
def consistency(acting: Annotated[Transaction, reading(Permission.READ_AUDITS)], audit_id: uuid.UUID) -> Consistency:
    """Possible inconsistencies of an audit: high grades without evidence, repeated texts, contradictory answers."""
    return Consistency.of(audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor))
