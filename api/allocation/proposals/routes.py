"""Allocating a round's sample over REST: proposed by rule and at random, then allocated as proposed."""

import uuid
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt
from starlette.responses import Response

from api.allocation.proposals import actions
from api.allocation.proposals.actions import AllocationProposal, AllocationRequest, PreparedAllocation
from api.allocation.proposals.long_work import ConfirmProposal
from api.foundation.http.dependencies import (
    ActorRequest,
    Computed,
    IdempotencyKey,
    Long,
    Transaction,
    computing,
    reading,
)
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.jobs.routes import ASKED
from api.jobs.routes import asked as job_asked
from checklists.allocation import Rule
from models import AuditMode

router = Router(prefix="/rounds/{round_id}/proposal", tags=["Allocation"])

Lead = Annotated[Transaction, reading(Permission.ALLOCATE_AUDITS)]


class ProposalIn(BaseModel):
    """Who is to read the sampled cases that nobody reads yet."""

    model_config = ConfigDict(extra="forbid")

    auditors: Annotated[list[uuid.UUID], Field(max_length=500, description="If left out, all active auditors.")] = []
    double_percent: Annotated[
        StrictInt, Field(description="Percentage of cases to read twice. Neither reader is told.")
    ] = 0
    mode: AuditMode = AuditMode.RECORDS_ONLY
    seed: Annotated[str | None, Field(min_length=1, max_length=64)] = None

    def to_asked(self) -> AllocationRequest:
        return AllocationRequest(self.seed or actions.new_seed(), tuple(self.auditors), self.double_percent, self.mode)


class ConfirmedIn(ProposalIn):
    """The same request again, and the mark of its proposal."""

    seed: Annotated[str, Field(min_length=1, max_length=64)]
    mark: Annotated[str, Field(max_length=64)]


class ProposedReading(BaseModel):
    case_file_id: uuid.UUID
    reference: str
    reading: int
    auditor_id: uuid.UUID
    fellows: Annotated[int, Field(description="Number of auditors the rules allow to read the case.")]


class LeftOverReading(BaseModel):
    case_file_id: uuid.UUID
    reference: str
    reading: int
    because: Annotated[dict[Rule, int], Field(description="Number of auditors excluded by each rule.")]


class AllocationProposalOut(BaseModel):
    seed: str
    mark: str
    readings: list[ProposedReading]
    left_over: list[LeftOverReading]
    loads: Annotated[
        dict[uuid.UUID, int], Field(description="Number of audits for each auditor in this round, including these.")
    ]

    @classmethod
    def of(cls, proposed: AllocationProposal) -> Self:
        return cls(
            seed=proposed.asked.seed,
            mark=proposed.mark,
            readings=[
                ProposedReading(
                    case_file_id=uuid.UUID(each.case),
                    reference=proposed.references[each.case],
                    reading=each.reading,
                    auditor_id=uuid.UUID(each.auditor),
                    fellows=each.fellows,
                )
                for each in proposed.allocated
            ],
            left_over=[
                LeftOverReading(
                    case_file_id=uuid.UUID(each.case),
                    reference=proposed.references[each.case],
                    reading=each.reading,
                    because=dict(each.because),
                )
                for each in proposed.left_over
            ],
            loads={uuid.UUID(person): load for person, load in proposed.loads.items()},
        )


class AllocatedOut(BaseModel):
    audits: list[uuid.UUID]


@router.post("", response_model=AllocationProposalOut, responses=refusals(404, 409))
def propose(acting: Lead, round_id: uuid.UUID, proposal: ProposalIn) -> AllocationProposalOut:
    """Propose who reads which case, and say why some cases cannot be allocated. Nothing is allocated."""
    return AllocationProposalOut.of(
        actions.propose_allocation(acting.session, round_id=round_id, asked=proposal.to_asked(), by=acting.actor)
    )


@router.post("/confirm", status_code=201, response_model=AllocatedOut, responses=refusals(400, 404, 409, 412) | ASKED)
def confirm(
    asking: Annotated[ActorRequest, computing(Permission.ALLOCATE_AUDITS)],  # noqa: ARG001 - declares what it needs
    key: IdempotencyKey,
    round_id: uuid.UUID,
    proposal: ConfirmedIn,
) -> Computed:
    """Allocate what was proposed, all or none; refused when people or cases have changed since."""

    def prepare(acting: Transaction) -> PreparedAllocation:
        return actions.prepare_confirmation(
            acting.session, round_id=round_id, asked=proposal.to_asked(), mark=proposal.mark, by=acting.actor
        )

    def store(acting: Transaction, prepared: PreparedAllocation) -> Response:
        made = actions.store_confirmation(acting.session, prepared, round_id=round_id, by=acting.actor)
        return json_reply(AllocatedOut(audits=list(made)), status=201)

    def work(_: Transaction) -> ConfirmProposal:
        return ConfirmProposal(round_id, proposal.to_asked(), proposal.mark)

    return Computed(prepare, store, key=key, long=Long(work, job_asked))
