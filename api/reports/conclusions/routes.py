"""What the auditors of a round conclude over REST, for people who may read every audit."""

import uuid
from typing import Annotated, Self

from fastapi import Query
from pydantic import BaseModel, Field

from api.foundation.http.dependencies import Page, Transaction, heavy_reading
from api.foundation.http.problem_details import refusals
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.reports.conclusions.queries import RoundConclusion, list_conclusions
from checklists.audits.conclusion import ConclusionPart

router = Router(prefix="/rounds/{round_id}", tags=["Reports"])


class RoundConclusionOut(BaseModel):
    """The conclusion of a counted audit. Parts without text are empty."""

    audit_id: uuid.UUID
    reference: str
    works_well: str
    worries: str
    needs_to_happen: str
    feedback: Annotated[str, Field(description="Feedback for the practitioner.")]

    @classmethod
    def of(cls, found: RoundConclusion) -> Self:
        texts = {part.value: found.texts.get(part, "") for part in ConclusionPart}
        return cls(audit_id=found.audit_id, reference=found.reference, **texts)


class RoundConclusions(BaseModel):
    items: list[RoundConclusionOut]
    after: str | None


@router.get("/conclusions", response_model=RoundConclusions, responses=refusals(404))
def list_round_conclusions(
    acting: Annotated[Transaction, heavy_reading(Permission.READ_REPORTS)],
    round_id: uuid.UUID,
    page: Page,
    part: Annotated[ConclusionPart | None, Query(description="Return only audits with this part.")] = None,
) -> RoundConclusions:
    """The conclusions of the counted audits, in the order in which the audits were created."""
    found = list_conclusions(
        acting.session, round_id=round_id, part=part, limit=page.to_fetch, after=page.after_id, by=acting.actor
    )
    shown, after = page.cut(found, key=lambda each: each.audit_id)
    return RoundConclusions(items=[RoundConclusionOut.of(each) for each in shown], after=after)
