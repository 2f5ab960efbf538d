"""Access to audits that waits for a second person, over REST."""

import uuid
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool
from starlette.responses import Response

from api.foundation.http.dependencies import IdempotencyKey, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.people.access import actions
from api.people.access.actions import WaitingAccess
from models import AccessKind, Role

router = Router(prefix="/access-requests", tags=["People"])


class AccessRequestOut(BaseModel):
    id: uuid.UUID
    person_id: uuid.UUID
    person: str
    kind: AccessKind
    roles: Annotated[list[Role], Field(description="The roles that are waiting. None for a link alone.")]
    has_link: Annotated[bool, Field(description="Whether a sign-in link is waiting with it.")]
    asked_by: str
    asked_at: datetime
    may_decide: Annotated[
        bool, Field(description="Whether you can decide. You cannot decide on your own access or your own request.")
    ]

    @classmethod
    def of(cls, found: WaitingAccess) -> Self:
        request = found.request
        return cls(
            id=request.id,
            person_id=request.person_id,
            person=found.person,
            kind=request.kind,
            roles=list(found.roles),
            has_link=bool(request.link_hash),
            asked_by=found.asked_by,
            asked_at=request.asked_at,
            may_decide=found.may_decide,
        )


class AccessRequestList(BaseModel):
    items: list[AccessRequestOut]


class AccessDecisionIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    confirmed: Annotated[StrictBool, Field(description="True: the link and roles take effect. False: they never do.")]


class DecidedOut(BaseModel):
    id: uuid.UUID
    confirmed: bool
    decided_at: datetime


@router.get("", response_model=AccessRequestList)
def list_access_requests(acting: Annotated[Transaction, reading(Permission.READ_AUDITS)]) -> AccessRequestList:
    """The links and roles waiting for a second person, oldest first. For people who can read audits."""
    found = actions.list_waiting(acting.session, by=acting.actor)
    return AccessRequestList(items=[AccessRequestOut.of(each) for each in found])


@router.post("/{request_id}/decision", response_model=DecidedOut, responses=refusals(400, 404, 409))
def decide(
    acting: Annotated[Transaction, writing(Permission.READ_AUDITS, recent=True)],
    key: IdempotencyKey,
    request_id: uuid.UUID,
    decision: AccessDecisionIn,
) -> Response:
    """Confirm or decline a link or roles. You must be signed in: a token cannot do this."""

    def make() -> Response:
        made = actions.decide(acting.session, request_id=request_id, confirmed=decision.confirmed, by=acting.actor)
        decided_at = made.decided_at or made.asked_at
        return json_reply(DecidedOut(id=made.id, confirmed=made.confirmed, decided_at=decided_at))

    return run_once(acting, key, make)
