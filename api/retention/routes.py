"""Retention periods over REST, and what is deleted when."""

import uuid
from datetime import date, datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt
from starlette.responses import Response

from api.foundation.http.dependencies import IdempotencyKey, Transaction, heavy_reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.local_time import local_date
from api.foundation.permissions import Permission
from api.retention import actions
from api.retention.actions import ShownChange
from api.retention.queries import Going, periods, read_plan
from checklists.retention import LONGEST_MONTHS, SHORTEST_MONTHS, Period, RetentionKind
from models import now

router = Router(tags=["Retention"])

Reader = Annotated[Transaction, heavy_reading(Permission.REDACT_AUDITS)]
Setter = Annotated[Transaction, writing(Permission.ERASE_CASES)]
Decider = Annotated[Transaction, writing(Permission.REDACT_AUDITS)]


class PeriodOut(BaseModel):
    kind: RetentionKind
    months: int
    counted_from: str
    shorter_months: Annotated[
        int | None, Field(description="A shorter period that was confirmed and does not apply yet.")
    ]
    shorter_from: Annotated[date | None, Field(description="The day from which it applies.")]

    @classmethod
    def of(cls, kind: RetentionKind, period: Period) -> Self:
        shorter = period.shorter
        return cls(
            kind=kind,
            months=period.months,
            counted_from=kind.counted_from,
            shorter_months=None if shorter is None else shorter.months,
            shorter_from=None if shorter is None else shorter.on,
        )


class GoingOut(BaseModel):
    kind: RetentionKind
    round: Annotated[str, Field(description="The title of the round; empty for case files.")]
    day: Annotated[date, Field(description="When they are deleted. A day that is past: in the next minutes.")]
    number: int
    kept: Annotated[int, Field(description="Kept longer: a legal hold, or an open concern or action.")]

    @classmethod
    def of(cls, going: Going) -> Self:
        return cls(kind=going.kind, round=going.what, day=going.day, number=going.number, kept=going.kept)


class RetentionChangeOut(BaseModel):
    id: uuid.UUID
    kind: RetentionKind
    months: int
    asked_by: str
    asked_at: datetime
    decided_by: Annotated[str, Field(description="Empty while it waits, and where the period became longer.")]
    decided_at: datetime | None
    confirmed: bool
    why_not_decide: Annotated[str, Field(description="Why you cannot decide; empty where you can.")]

    @classmethod
    def of(cls, shown: ShownChange) -> Self:
        change = shown.change
        return cls(
            id=change.id,
            kind=change.kind,
            months=change.months,
            asked_by=shown.asked_by,
            asked_at=change.asked_at,
            decided_by=shown.decided_by,
            decided_at=change.decided_at,
            confirmed=change.confirmed,
            why_not_decide=shown.why_not_decide,
        )


class RetentionOut(BaseModel):
    periods: list[PeriodOut]
    until: Annotated[date, Field(description="The last day of what is listed below.")]
    going: list[GoingOut]
    is_all: Annotated[bool, Field(description="Whether nothing else is deleted until then.")]
    changes: Annotated[list[RetentionChangeOut], Field(description="The newest 100, waiting ones first.")]


class PeriodIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: RetentionKind
    months: Annotated[StrictInt, Field(ge=SHORTEST_MONTHS, le=LONGEST_MONTHS)]


class SetOut(BaseModel):
    id: uuid.UUID
    confirmed: Annotated[bool, Field(description="False: it is shorter, and waits for a second person.")]


class RetentionDecisionIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    confirmed: Annotated[StrictBool, Field(description="True: the shorter period applies in 30 days.")]


@router.get("/retention", response_model=RetentionOut)
def read_retention(acting: Reader) -> RetentionOut:
    """The retention periods, what is deleted in the next 92 days, and changes of periods."""
    session, by, today = acting.session, acting.actor, local_date(now())
    plan = read_plan(session, today=today, by=by)
    applying = periods(session, by.organisation_id, today)
    return RetentionOut(
        periods=[PeriodOut.of(kind, period) for kind, period in applying.items()],
        until=plan.until,
        going=[GoingOut.of(each) for each in plan.going],
        is_all=plan.is_all,
        changes=[RetentionChangeOut.of(each) for each in actions.list_changes(session, by=by)],
    )


@router.post("/retention", status_code=201, response_model=SetOut, responses=refusals(400, 409))
def set_period(acting: Setter, key: IdempotencyKey, period: PeriodIn) -> Response:
    """Set a retention period. A longer one applies at once, a shorter one waits for a second person. You must be signed
    in: a token cannot do this.
    """

    def make() -> Response:
        made = actions.set_period(acting.session, kind=period.kind, months=period.months, by=acting.actor)
        return json_reply(SetOut(id=made.id, confirmed=made.confirmed), status=201)

    return run_once(acting, key, make)


@router.post("/retention/{change_id}/decision", response_model=SetOut, responses=refusals(400, 404, 409))
def decide(acting: Decider, key: IdempotencyKey, change_id: uuid.UUID, decision: RetentionDecisionIn) -> Response:
    """Confirm or decline a shorter period that another person asked for.

    You must be signed in: a token cannot do this.
    """

    def make() -> Response:
        decided = actions.decide(acting.session, change_id=change_id, confirmed=decision.confirmed, by=acting.actor)
        return json_reply(SetOut(id=decided.id, confirmed=decided.confirmed))

    return run_once(acting, key, make)
