"""Verifications over REST."""

import uuid
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.trail.verifying import actions
from models import Verification

router = Router(prefix="/verifications", tags=["Events"])


class VerificationOut(BaseModel):
    id: uuid.UUID
    asked_at: datetime
    asked_by_id: Annotated[uuid.UUID | None, Field(description="Null: the daily verification by the service.")]
    finished_at: Annotated[datetime | None, Field(description="Null while waiting or in progress.")]
    is_whole: Annotated[bool | None, Field(description="Whether all records match the events.")]
    events: int
    seconds: float
    found: Annotated[list[str], Field(description="The findings, one sentence each.")]

    @classmethod
    def of(cls, done: Verification) -> Self:
        return cls(
            id=done.id,
            asked_at=done.asked_at,
            asked_by_id=done.asked_by_id,
            finished_at=done.finished_at,
            is_whole=done.is_whole,
            events=done.events,
            seconds=done.seconds,
            found=done.said.splitlines(),
        )


class VerificationList(BaseModel):
    items: list[VerificationOut]


@router.get("", response_model=VerificationList)
def list_verifications(
    acting: Annotated[Transaction, reading(Permission.VERIFY_EVIDENCE)],
) -> VerificationList:
    """The 10 newest verifications of the events and the stored records, newest first."""
    found = actions.verifications(acting.session, by=acting.actor)
    return VerificationList(items=[VerificationOut.of(each) for each in found])


@router.post("", status_code=202, response_model=VerificationOut, responses=refusals(409))
def ask_for_verification(
    acting: Annotated[Transaction, writing(Permission.VERIFY_EVIDENCE)],
) -> VerificationOut:
    """Check now, in the background, whether anything was changed in the database without an event."""
    return VerificationOut.of(actions.ask(acting.session, by=acting.actor))
