"""Re-audits over REST: what one could look like, and planning it."""

import uuid
from typing import Annotated, Any, Self

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.foundation.http.dependencies import IdempotencyKey, Transaction, heavy_reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import WrittenDate
from api.re_audits import actions, queries
from api.re_audits.actions import NewReAudit
from api.re_audits.queries import LARGEST_RISE, MOST_CASES, USUAL_RISE, Outlook, Proposal
from models import Round

router = Router(prefix="/rounds/{round_id}/re-audit", tags=["Rounds"])


class OutlookOut(BaseModel):
    """How likely a re-audit is to show that a theme has risen. Shares and chances are parts of 1."""

    theme: str
    label: str
    share_before: float | None
    applicable_before: int
    share_hoped: float | None
    chance: Annotated[float | None, Field(description="How likely a re-audit of this size shows the rise.")]
    cases_needed: Annotated[
        int | None, Field(description="The number of cases that show the rise 8 times in 10; null if none does.")
    ]

    @classmethod
    def of(cls, found: Outlook) -> Self:
        gap = found.gap
        return cls(
            theme=gap.key,
            label=gap.label,
            share_before=None if gap.share_meeting is None else round(float(gap.share_meeting), 6),
            applicable_before=gap.applicable,
            share_hoped=None if found.hoped is None else round(float(found.hoped), 6),
            chance=None if found.chance is None else round(found.chance, 4),
            cases_needed=found.needed,
        )


class ReAuditProposalOut(BaseModel):
    """A re-audit that could follow a closed round."""

    follows_id: uuid.UUID
    template_id: uuid.UUID
    template_version: int
    rise: int
    size: int
    confidence: Annotated[float, Field(description="The confidence of the intervals of this change in its chain.")]
    scope: Annotated[list[str], Field(description="The themes that are proposed: the ones below the target.")]
    themes: list[OutlookOut]
    sampling: Annotated[
        dict[str, Any] | None,
        Field(description="The earlier sampling plan with the newest case list, to send to the new round's samples."),
    ]

    @classmethod
    def of(cls, found: Proposal) -> Self:
        return cls(
            follows_id=found.earlier.id,
            template_id=found.earlier.template_id,
            template_version=found.earlier.template_version,
            rise=found.rise,
            size=found.size,
            confidence=found.confidence,
            scope=list(found.below_target),
            themes=[OutlookOut.of(each) for each in found.themes],
            sampling=found.sampling,
        )


class ReAuditIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=1, max_length=120)]
    scope: Annotated[
        list[Annotated[str, Field(max_length=60)]],
        Field(max_length=300, description="Keys of the themes to audit. Empty: all themes."),
    ] = []
    period_from: WrittenDate
    period_to: WrittenDate
    due_on: WrittenDate


class PlannedReAuditOut(BaseModel):
    """The planned round."""

    id: uuid.UUID
    title: str
    follows_id: uuid.UUID | None
    scope: list[str]
    version: int

    @classmethod
    def of(cls, made: Round) -> Self:
        return cls(
            id=made.id, title=made.title, follows_id=made.follows_id, scope=made.scope.split(), version=made.version
        )


@router.get("", response_model=ReAuditProposalOut, responses=refusals(404, 409))
def read_proposal(
    acting: Annotated[Transaction, heavy_reading(Permission.WRITE_ROUNDS)],
    round_id: uuid.UUID,
    rise: Annotated[int, Query(ge=1, le=LARGEST_RISE, description="The rise to look for, in points.")] = USUAL_RISE,
    size: Annotated[
        int | None, Query(ge=1, le=MOST_CASES, description="Number of cases; by default as before.")
    ] = None,
) -> ReAuditProposalOut:
    """Propose a re-audit of a closed round, with how likely it is to show a rise of each theme."""
    return ReAuditProposalOut.of(
        queries.propose(acting.session, round_id=round_id, rise=rise, size=size, by=acting.actor)
    )


@router.post("", status_code=201, response_model=PlannedReAuditOut, responses=refusals(400, 404, 409))
def plan_re_audit(
    acting: Annotated[Transaction, writing(Permission.WRITE_ROUNDS)],
    key: IdempotencyKey,
    round_id: uuid.UUID,
    new: ReAuditIn,
) -> Response:
    """Plan a round that follows a closed one: the same template version and targets, about chosen themes."""

    def make() -> Response:
        chosen = NewReAudit(new.title, tuple(new.scope), new.period_from, new.period_to, new.due_on)
        made = actions.plan_re_audit(acting.session, round_id=round_id, new=chosen, by=acting.actor)
        return json_reply(
            PlannedReAuditOut.of(made), status=201, version=made.version, location=f"/api/v1/rounds/{made.id}"
        )

    return run_once(acting, key, make)
