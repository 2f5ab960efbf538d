"""What auditors of a round marked as exemplary practice, over REST, for people who may read every audit."""

import uuid
from typing import Annotated

from pydantic import BaseModel, Field

from api.foundation.http.dependencies import Page, Transaction, heavy_reading
from api.foundation.http.problem_details import refusals
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.reports.exemplary.queries import list_exemplary

router = Router(prefix="/rounds/{round_id}", tags=["Reports"])


class MarkedOut(BaseModel):
    theme: Annotated[str, Field(description="The key of the theme; empty for the whole audit.")]
    strengths: str
    worker_agrees: Annotated[bool, Field(description="Whether the practitioner agrees to share it with others.")]


class ExemplaryAuditOut(BaseModel):
    audit_id: uuid.UUID
    reference: str
    marks: list[MarkedOut]


class ExemplaryAudits(BaseModel):
    items: list[ExemplaryAuditOut]
    after: str | None


@router.get("/exemplary", response_model=ExemplaryAudits, responses=refusals(404))
def read_exemplary(
    acting: Annotated[Transaction, heavy_reading(Permission.READ_REPORTS)], round_id: uuid.UUID, page: Page
) -> ExemplaryAudits:
    """The counted audits of a round in which practice is marked as exemplary, with what it is."""
    found = list_exemplary(acting.session, round_id=round_id, limit=page.to_fetch, after=page.after_id, by=acting.actor)
    shown, after = page.cut(found, key=lambda each: each.audit_id)
    items = [
        ExemplaryAuditOut(
            audit_id=each.audit_id,
            reference=each.reference,
            marks=[
                MarkedOut(theme=mark.theme, strengths=mark.strengths, worker_agrees=mark.worker_agrees)
                for mark in each.marks
            ],
        )
        for each in shown
    ]
    return ExemplaryAudits(items=items, after=after)
