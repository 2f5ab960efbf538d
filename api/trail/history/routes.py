"""The history of an audit over REST."""

import uuid
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from api.foundation.http.dependencies import Page, Transaction, reading
from api.foundation.http.problem_details import refusals
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.trail.history.queries import HistoryLine, history_of_audit

router = Router(prefix="/audits", tags=["Audits"])


class HistoryLineOut(BaseModel):
    at: datetime
    sentence: Annotated[str, Field(description="The action and the person, such as `Submitted by Asha Patel`.")]

    @classmethod
    def of(cls, line: HistoryLine) -> Self:
        return cls(at=line.at, sentence=line.sentence)


class HistoryOut(BaseModel):
    items: list[HistoryLineOut]
    after: str | None


@router.get("/{audit_id}/history", response_model=HistoryOut, responses=refusals(404))
def read_history(
    acting: Annotated[Transaction, reading(Permission.READ_AUDITS)], audit_id: uuid.UUID, page: Page
) -> HistoryOut:
    """Actions on an audit and the people who viewed it, newest first."""
    found = history_of_audit(
        acting.session, audit_id=audit_id, by=acting.actor, limit=page.to_fetch, before=page.after_number
    )
    shown, after = page.cut(found, key=lambda each: each.number)
    return HistoryOut(
        items=[HistoryLineOut.of(line) for line in shown],
        after=after,
    )
