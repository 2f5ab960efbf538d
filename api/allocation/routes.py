"""Allocating over REST: a case file, or many of one round."""

import uuid
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt
from starlette.responses import Response

from api.allocation.actions import (
    Allocation,
    PreparedAllocations,
    allocate,
    prepare_allocations,
    references_of,
    store_allocations,
)
from api.audits import actions as audits
from api.audits.routes import AuditList, AuditOut, ListedAudit, Weight
from api.foundation.http.dependencies import (
    ActorRequest,
    Computed,
    IdempotencyKey,
    Transaction,
    computing,
    writing,
)
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from models import Audit, AuditMode

router = Router(prefix="/audits", tags=["Audits"])


class AllocationIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    case_file_id: uuid.UUID
    auditor_id: uuid.UUID
    reading: Annotated[
        StrictInt | None,
        Field(ge=1, le=2, description="1 or 2. By default, the first reading that is not allocated yet."),
    ] = None
    mode: AuditMode = AuditMode.RECORDS_ONLY
    sampling_weight: Weight = None

    def to_allocation(self) -> Allocation:
        return Allocation(self.case_file_id, self.auditor_id, self.reading, self.mode, self.sampling_weight)


class NewAudit(AllocationIn):
    round_id: uuid.UUID


class NewAudits(BaseModel):
    """Many case files to be allocated in one round: all of them, or none."""

    model_config = ConfigDict(extra="forbid")

    round_id: uuid.UUID
    allocations: Annotated[list[AllocationIn], Field(min_length=1, max_length=1000)]


@router.post("", status_code=201, response_model=AuditOut, responses=refusals(400, 404, 409))
def allocate_audit(
    acting: Annotated[Transaction, writing(Permission.ALLOCATE_AUDITS)], key: IdempotencyKey, new: NewAudit
) -> Response:
    """Allocate a case file to an auditor. A second reading goes to another person."""

    def make() -> Response:
        made = allocate(acting.session, round_id=new.round_id, allocation=new.to_allocation(), by=acting.actor)
        shown = AuditOut.of(audits.read_audit(acting.session, made), acting.actor)
        return json_reply(shown, status=201, version=made.version, location=f"/api/v1/audits/{made.id}")

    return run_once(acting, key, make)


@router.post("/batch", status_code=201, response_model=AuditList, responses=refusals(400, 404, 409))
def allocate_audits(
    asking: Annotated[ActorRequest, computing(Permission.ALLOCATE_AUDITS)],  # noqa: ARG001 - declares what it needs
    key: IdempotencyKey,
    new: NewAudits,
) -> Computed:
    """Allocate up to 1,000 case files of one round: all of them, or none."""

    def prepare(acting: Transaction) -> tuple[PreparedAllocations, Response]:
        allocations = [allocation.to_allocation() for allocation in new.allocations]
        prepared = prepare_allocations(acting.session, round_id=new.round_id, allocations=allocations, by=acting.actor)
        references = references_of(acting.session, prepared.audits)
        items = [
            ListedAudit.of(Audit(**row), references[row["case_file_id"]], None, acting.actor) for row in prepared.audits
        ]
        return prepared, json_reply(AuditList(items=items, after=None), status=201)

    def store(acting: Transaction, ready: tuple[PreparedAllocations, Response]) -> Response:
        prepared, shown = ready
        store_allocations(acting.session, prepared, by=acting.actor)
        return shown

    return Computed(prepare, store, key=key)
