"""Exemptions over REST: who is given no audits in a round, and why."""

import uuid
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.allocation.exemptions import actions as exemptions
from api.allocation.exemptions.actions import exemptions_of
from api.foundation.http.dependencies import IdempotencyKey, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import KeepNames
from models import Exemption

router = Router(tags=["Allocation"])

ReadingLead = Annotated[Transaction, reading(Permission.ALLOCATE_AUDITS)]
WritingLead = Annotated[Transaction, writing(Permission.ALLOCATE_AUDITS)]


class ExemptionIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    person_id: uuid.UUID
    reason: Annotated[str, Field(max_length=8_000)]
    keep_names: KeepNames = None


class ExemptionOut(BaseModel):
    person_id: uuid.UUID
    name: str
    reason: str
    made_at: datetime

    @classmethod
    def of(cls, exemption: Exemption, name: str) -> Self:
        return cls(person_id=exemption.person_id, name=name, reason=exemption.reason, made_at=exemption.made_at)


class Exemptions(BaseModel):
    items: list[ExemptionOut]


@router.get("/rounds/{round_id}/exemptions", response_model=Exemptions, responses=refusals(404))
def list_exemptions(acting: ReadingLead, round_id: uuid.UUID) -> Exemptions:
    """Who is given no audits in a round, and why."""
    return Exemptions(
        items=[
            ExemptionOut.of(each, name)
            for each, name in exemptions_of(acting.session, round_id=round_id, by=acting.actor)
        ]
    )


@router.post(
    "/rounds/{round_id}/exemptions", status_code=201, response_model=ExemptionOut, responses=refusals(400, 404, 409)
)
def exempt(acting: WritingLead, key: IdempotencyKey, round_id: uuid.UUID, exemption: ExemptionIn) -> Response:
    """Give a person no audits in a round, for a reason. What they have already stays with them."""

    def make() -> Response:
        made, name = exemptions.exempt_person(
            acting.session,
            round_id=round_id,
            person_id=exemption.person_id,
            reason=exemption.reason,
            keep_names=exemption.keep_names,
            by=acting.actor,
        )
        return json_reply(ExemptionOut.of(made, name), status=201)

    return run_once(acting, key, make)


@router.post("/rounds/{round_id}/exemptions/{person_id}/end", status_code=204, responses=refusals(404, 409))
def end_exemption(acting: WritingLead, round_id: uuid.UUID, person_id: uuid.UUID) -> None:
    """Let a person be given audits in a round again."""
    exemptions.end_exemption(acting.session, round_id=round_id, person_id=person_id, by=acting.actor)
