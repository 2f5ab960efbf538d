"""What allocation must know of people, and giving a round's sample out, over REST."""

import uuid
from datetime import date, datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.audits.routes import Keep
from api.foundation.http.dependencies import Acting, IdempotencyKey, IfMatch, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import answer, once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.people.availability import actions
from api.people.availability.actions import MOST_ABSENCES, AbsentFor, Duties
from models import Exemption

router = Router(tags=["Allocation"])

ReadingLead = Annotated[Acting, reading(Permission.ALLOCATE_AUDITS)]
WritingLead = Annotated[Acting, writing(Permission.ALLOCATE_AUDITS)]


class AbsenceBody(BaseModel):
    """Days on which somebody is given no audits, both included."""

    model_config = ConfigDict(extra="forbid")

    first_day: date
    last_day: date


class DutiesBody(BaseModel):
    """The teams whose cases a person does not audit, and how much they are given."""

    model_config = ConfigDict(extra="forbid")

    teams: Annotated[list[uuid.UUID], Field(max_length=100)] = []
    worker: Annotated[
        str, Field(max_length=32, description="Their own pseudonym in case lists, if they hold cases.")
    ] = ""
    most_audits: Annotated[int | None, Field(description="The most audits of one round that they are given.")] = None
    absences: Annotated[list[AbsenceBody], Field(max_length=MOST_ABSENCES)] = []

    @classmethod
    def of(cls, found: Duties) -> Self:
        return cls(
            teams=list(found.teams),
            worker=found.worker,
            most_audits=found.most_audits,
            absences=[AbsenceBody(first_day=each.first_day, last_day=each.last_day) for each in found.absences],
        )

    def to_duties(self) -> Duties:
        return Duties(
            tuple(self.teams),
            self.worker,
            self.most_audits,
            tuple(AbsentFor(each.first_day, each.last_day) for each in self.absences),
        )


class ExemptionIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    person_id: uuid.UUID
    reason: Annotated[str, Field(max_length=8_000)]
    keep_names: Keep = None


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


@router.get("/people/{person_id}/duties", response_model=DutiesBody, responses=refusals(404))
def read_duties(acting: ReadingLead, person_id: uuid.UUID) -> Response:
    found, version = actions.of_person(acting.session, person_id=person_id, by=acting.actor)
    return answer(DutiesBody.of(found), version=version)


@router.put("/people/{person_id}/duties", response_model=DutiesBody, responses=refusals(404, 412, 428))
def change_duties(acting: WritingLead, person_id: uuid.UUID, version: IfMatch, body: DutiesBody) -> Response:
    """Replace a person's duties as a whole. Audits that they have already stay with them."""
    changed, new_version = actions.change(
        acting.session, person_id=person_id, duties=body.to_duties(), version=version, by=acting.actor
    )
    return answer(DutiesBody.of(changed), version=new_version)


@router.get("/rounds/{round_id}/exemptions", response_model=Exemptions, responses=refusals(404))
def list_exemptions(acting: ReadingLead, round_id: uuid.UUID) -> Exemptions:
    """Who is given no audits in a round, and why."""
    return Exemptions(
        items=[
            ExemptionOut.of(each, name)
            for each, name in actions.exemptions_of(acting.session, round_id=round_id, by=acting.actor)
        ]
    )


@router.post(
    "/rounds/{round_id}/exemptions", status_code=201, response_model=ExemptionOut, responses=refusals(400, 404, 409)
)
def exempt(acting: WritingLead, key: IdempotencyKey, round_id: uuid.UUID, exemption: ExemptionIn) -> Response:
    """Give a person no audits in a round, for a reason. What they have already stays with them."""

    def make() -> Response:
        made, name = actions.exempt(
            acting.session,
            round_id=round_id,
            person_id=exemption.person_id,
            reason=exemption.reason,
            keep_names=exemption.keep_names,
            by=acting.actor,
        )
        return answer(ExemptionOut.of(made, name), status=201)

    return once(acting, key, make)


@router.post("/rounds/{round_id}/exemptions/{person_id}/end", status_code=204, responses=refusals(404, 409))
def end_exemption(acting: WritingLead, round_id: uuid.UUID, person_id: uuid.UUID) -> None:
    """Let a person be given audits in a round again."""
    actions.end_exemption(acting.session, round_id=round_id, person_id=person_id, by=acting.actor)
