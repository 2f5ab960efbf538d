"""Reallocation over REST: who has audits to finish in a round, and giving one person's audits to others."""

import uuid
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool
from starlette.responses import Response

from api.access.people import Hindrance
from api.allocation.reallocation import actions, queries
from api.allocation.reallocation.actions import PreparedReallocation, Reallocation, ReallocationRequest
from api.foundation.http.dependencies import (
    ActorRequest,
    Computed,
    IdempotencyKey,
    Transaction,
    computing,
    reading,
)
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import FreeText, KeepNames
from api.rounds import actions as rounds

router = Router(prefix="/rounds/{round_id}", tags=["Allocation"])


class PersonWithAuditsOut(BaseModel):
    person_id: uuid.UUID
    name: str
    audits: Annotated[int, Field(description="Number of audits they have to finish in this round.")]
    hindrance: Annotated[Hindrance | None, Field(description="Why they cannot finish their audits. Null if they can.")]


class PeopleWithAudits(BaseModel):
    items: list[PersonWithAuditsOut]


class ReallocationIn(BaseModel):
    """One person's audits, and who is to have them."""

    model_config = ConfigDict(extra="forbid")

    auditor_id: Annotated[uuid.UUID, Field(description="The auditor whose audits are reallocated.")]
    audits: Annotated[
        list[uuid.UUID],
        Field(max_length=queries.MOST_AT_ONCE, description="If left out, all of them, up to 100 at once."),
    ] = []
    to: Annotated[
        uuid.UUID | None, Field(description="If null, audits are shared evenly using the allocation rules.")
    ] = None
    afresh: Annotated[
        StrictBool,
        Field(description="Creates a new audit without answers. The existing audit is withdrawn with the reason."),
    ] = False
    reason: Annotated[FreeText, Field(description="Required for submitted audits and for audits that start again.")] = (
        ""
    )
    keep_names: KeepNames = None

    def to_request(self) -> ReallocationRequest:
        return ReallocationRequest(
            self.auditor_id, tuple(self.audits), self.to, self.afresh, self.reason, self.keep_names
        )


class ReallocatedOut(BaseModel):
    audit_id: uuid.UUID
    replaces: Annotated[
        uuid.UUID, Field(description="The existing audit. The same as the new audit unless it starts again.")
    ]
    auditor_id: uuid.UUID


class LeftOut(BaseModel):
    audit_id: uuid.UUID
    reason: str


class ReallocationOut(BaseModel):
    reallocated: list[ReallocatedOut]
    left: Annotated[list[LeftOut], Field(description="Audits that were not reallocated, and why.")]

    @classmethod
    def of(cls, done: Reallocation) -> Self:
        return cls(
            reallocated=[
                ReallocatedOut(audit_id=each.audit_id, replaces=each.replaced, auditor_id=each.auditor_id)
                for each in done.moved
            ],
            left=[LeftOut(audit_id=each.audit.id, reason=words) for each, words in done.left],
        )


@router.get("/auditors-with-open-audits", response_model=PeopleWithAudits, responses=refusals(404))
def list_people_with_open_audits(
    acting: Annotated[Transaction, reading(Permission.ALLOCATE_AUDITS)], round_id: uuid.UUID
) -> PeopleWithAudits:
    """Who has audits to finish in a round: first the people who can no longer sign in, or are no longer auditors."""
    audit_round = rounds.find_round(acting.session, round_id=round_id, by=acting.actor)
    found = queries.people_with_open_audits(acting.session, audit_round, by=acting.actor)
    return PeopleWithAudits(
        items=[
            PersonWithAuditsOut(person_id=each.id, name=each.name, audits=each.number, hindrance=each.hindrance)
            for each in found
        ]
    )


@router.post("/reallocate", status_code=201, response_model=ReallocationOut, responses=refusals(400, 404, 409))
def reallocate(
    asking: Annotated[ActorRequest, computing(Permission.ALLOCATE_AUDITS)],  # noqa: ARG001 - declares what it needs
    key: IdempotencyKey,
    round_id: uuid.UUID,
    sent: ReallocationIn,
) -> Computed:
    """Give a person's audits to one auditor, all or none, or spread them as far as the rules allow."""

    def prepare(acting: Transaction) -> PreparedReallocation:
        asked = sent.to_request()
        return actions.prepare_reallocation(acting.session, round_id=round_id, asked=asked, by=acting.actor)

    def store(acting: Transaction, prepared: PreparedReallocation) -> Response:
        done = actions.store_reallocation(acting.session, prepared, by=acting.actor)
        return json_reply(ReallocationOut.of(done), status=201)

    return Computed(prepare, store, key=key)
