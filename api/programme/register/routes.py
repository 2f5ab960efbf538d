"""The register of auditors and moderators over REST."""

import uuid
from datetime import date
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.foundation.http.dependencies import IdempotencyKey, Transaction, heavy_reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import WrittenDate
from api.programme.register.actions import record_training
from api.programme.register.queries import RegisteredPerson, register_of
from checklists.reliability.optimism import ShiftState
from models import Role

router = Router(prefix="/auditor-register", tags=["Audit programme"])


class RegisteredOut(BaseModel):
    person_id: uuid.UUID
    name: str
    roles: list[Role]
    trained_on: date | None
    calibrated_on: Annotated[date | None, Field(description="Answers submitted for a closed calibration exercise.")]
    shift: Annotated[float | None, Field(description="Grades above (+) or below the agreed ones; null for too few.")]
    shift_state: ShiftState | None

    @classmethod
    def of(cls, found: RegisteredPerson) -> Self:
        own = {name: getattr(found, name) for name in ("person_id", "name", "trained_on", "calibrated_on")}
        mean = None if found.shift is None or found.shift.mean is None else round(float(found.shift.mean), 4)
        state = None if found.shift is None else found.shift.state
        return cls(**own, roles=list(found.roles), shift=mean, shift_state=state)


class RegisterOut(BaseModel):
    items: list[RegisteredOut]


class TrainingIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    person_id: uuid.UUID
    trained_on: Annotated[WrittenDate, Field(description="The day on which the person was last trained.")]


class TrainingOut(BaseModel):
    person_id: uuid.UUID
    trained_on: date


@router.get("", response_model=RegisterOut)
def read_register(acting: Annotated[Transaction, heavy_reading(Permission.WRITE_ROUNDS)]) -> RegisterOut:
    """Every active auditor and moderator: when each was trained and calibrated, and how they grade."""
    return RegisterOut(items=[RegisteredOut.of(each) for each in register_of(acting.session, by=acting.actor)])


@router.post("", status_code=201, response_model=TrainingOut, responses=refusals(400))
def record(
    acting: Annotated[Transaction, writing(Permission.WRITE_ROUNDS)], key: IdempotencyKey, training: TrainingIn
) -> Response:
    """Record when a person was last trained."""

    def make() -> Response:
        made = record_training(
            acting.session, person_id=training.person_id, trained_on=training.trained_on, by=acting.actor
        )
        return json_reply(TrainingOut(person_id=made.person_id, trained_on=made.trained_on), status=201)

    return run_once(acting, key, make)
