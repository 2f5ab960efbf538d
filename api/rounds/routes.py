"""Rounds over REST."""

import uuid
from datetime import date, datetime
from typing import Annotated, Self

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.foundation.http.dependencies import (
    ActorRequest,
    Computed,
    IdempotencyKey,
    IfMatch,
    Page,
    Transaction,
    computing,
    reading,
    writing,
)
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.rounds import actions, queries
from api.rounds.actions import PreparedClosing, RoundPlan
from api.rounds.progress import progress_of
from models import Round, RoundState

router = Router(prefix="/rounds", tags=["Rounds"])


class RoundIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=1, max_length=120)]
    template_id: uuid.UUID
    template_version: Annotated[int, Field(ge=1, le=1_000_000)]
    period_from: Annotated[date, Field(description="First day of the period under review.")]
    period_to: Annotated[date, Field(description="Last day of the period under review.")]
    due_on: Annotated[date, Field(description="The day by which audits should be submitted.")]
    target_percent: Annotated[
        int, Field(ge=1, le=100, description="The share of applicable answers that should meet the standard.")
    ] = 90
    minimum_applicable: Annotated[
        int, Field(ge=1, le=1000, description="Fewer applicable answers than this are too few to say anything.")
    ] = 5
    follows_id: Annotated[uuid.UUID | None, Field(description="The round that this one follows.")] = None

    def to_plan(self) -> RoundPlan:
        return RoundPlan(**self.model_dump())


class RoundOut(BaseModel):
    id: uuid.UUID
    title: str
    template_id: uuid.UUID
    template_version: int
    period_from: date
    period_to: date
    due_on: date
    target_percent: int
    minimum_applicable: int
    follows_id: uuid.UUID | None
    state: RoundState
    opened_at: datetime | None
    closed_at: datetime | None
    version: int

    @classmethod
    def of(cls, audit_round: Round) -> Self:
        return cls(**{name: getattr(audit_round, name) for name in cls.model_fields})


class RoundList(BaseModel):
    items: list[RoundOut]
    after: str | None


class AuditorProgress(BaseModel):
    auditor_id: uuid.UUID
    name: str
    allocated: int
    not_started: int
    in_progress: int
    returned: int
    submitted: int
    overdue: int


class ProgressOut(BaseModel):
    """How far a round is: audits that stand (withdrawn ones apart), by auditor."""

    allocated: int
    submitted: int
    overdue: int
    withdrawn: int
    auditors: list[AuditorProgress]


@router.get("", response_model=RoundList)
def list_rounds(
    acting: Annotated[Transaction, reading(Permission.READ_ROUNDS)],
    page: Page,
    state: Annotated[RoundState | None, Query(description="Only rounds in this state.")] = None,
) -> RoundList:
    """Rounds, newest first."""
    found = queries.list_rounds(
        acting.session,
        by=acting.actor,
        limit=page.to_fetch,
        after=page.after_id,
        states=[] if state is None else [state],
    )
    shown, after = page.cut(found, key=lambda each: each.id)
    return RoundList(
        items=[RoundOut.of(audit_round) for audit_round in shown],
        after=after,
    )


@router.post("", status_code=201, response_model=RoundOut, responses=refusals(400))
def make_round(
    acting: Annotated[Transaction, writing(Permission.WRITE_ROUNDS)], key: IdempotencyKey, plan: RoundIn
) -> Response:
    def make() -> Response:
        made = actions.create_round(acting.session, plan=plan.to_plan(), by=acting.actor)
        return json_reply(RoundOut.of(made), status=201, version=made.version, location=f"/api/v1/rounds/{made.id}")

    return run_once(acting, key, make)


@router.get("/{round_id}", response_model=RoundOut, responses=refusals(404))
def read_round(acting: Annotated[Transaction, reading(Permission.READ_ROUNDS)], round_id: uuid.UUID) -> Response:
    return _shown(actions.find_round(acting.session, round_id=round_id, by=acting.actor))


@router.put("/{round_id}", response_model=RoundOut, responses=refusals(404, 409, 412, 428))
def change_round(
    acting: Annotated[Transaction, writing(Permission.WRITE_ROUNDS)],
    round_id: uuid.UUID,
    version: IfMatch,
    plan: RoundIn,
) -> Response:
    """Change a round: all of it while planned, only its title and due date once open."""
    return _shown(
        actions.change_round(acting.session, round_id=round_id, plan=plan.to_plan(), version=version, by=acting.actor)
    )


@router.post("/{round_id}/open", response_model=RoundOut, responses=refusals(404, 409, 412, 428))
def open_round(
    acting: Annotated[Transaction, writing(Permission.WRITE_ROUNDS)], round_id: uuid.UUID, version: IfMatch
) -> Response:
    return _shown(actions.open_round(acting.session, round_id=round_id, version=version, by=acting.actor))


@router.post("/{round_id}/close", response_model=RoundOut, responses=refusals(404, 409, 412, 428))
def close_round(
    asking: Annotated[ActorRequest, computing(Permission.WRITE_ROUNDS)],  # noqa: ARG001 - declares what it needs
    round_id: uuid.UUID,
    version: IfMatch,
) -> Computed:
    """Close a round for good. Audits not submitted by now are left out of its report."""

    def prepare(acting: Transaction) -> PreparedClosing:
        return actions.prepare_closing(acting.session, round_id=round_id, version=version, by=acting.actor)

    def store(acting: Transaction, prepared: PreparedClosing) -> Response:
        return _shown(actions.store_closing(acting.session, prepared, round_id=round_id, by=acting.actor))

    return Computed(prepare, store)


@router.get("/{round_id}/progress", response_model=ProgressOut, responses=refusals(404))
def read_progress(
    acting: Annotated[Transaction, reading(Permission.ALLOCATE_AUDITS)], round_id: uuid.UUID
) -> ProgressOut:
    """How far the round is, by auditor."""
    audit_round = actions.find_round(acting.session, round_id=round_id, by=acting.actor)
    progress = progress_of(acting.session, audit_round, by=acting.actor)
    return ProgressOut(
        allocated=progress.allocated,
        submitted=progress.submitted,
        overdue=progress.overdue,
        withdrawn=progress.withdrawn,
        auditors=[
            AuditorProgress(
                auditor_id=auditor.auditor_id,
                name=auditor.name,
                allocated=auditor.allocated,
                not_started=auditor.not_started,
                in_progress=auditor.in_progress,
                returned=auditor.returned,
                submitted=auditor.submitted,
                overdue=auditor.overdue,
            )
            for auditor in progress.auditors
        ],
    )


def _shown(audit_round: Round) -> Response:
    return json_reply(RoundOut.of(audit_round), version=audit_round.version)
