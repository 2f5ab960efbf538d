"""Availability over REST: what allocation needs to know of people."""

import uuid
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt
from starlette.responses import Response

from api.foundation.http.dependencies import IfMatch, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import WrittenDate
from api.people.availability import actions
from api.people.availability.actions import MOST_ABSENCES, AbsencePeriod, Availability

router = Router(tags=["Allocation"])

ReadingLead = Annotated[Transaction, reading(Permission.ALLOCATE_AUDITS)]
WritingLead = Annotated[Transaction, writing(Permission.ALLOCATE_AUDITS)]


class AbsenceBody(BaseModel):
    """Dates between which a person is allocated no audits, both included."""

    model_config = ConfigDict(extra="forbid")

    first_day: WrittenDate
    last_day: WrittenDate


class DutiesBody(BaseModel):
    """The teams whose cases a person does not audit, and the maximum number of audits they are allocated."""

    model_config = ConfigDict(extra="forbid")

    teams: Annotated[list[uuid.UUID], Field(max_length=100)] = []
    worker: Annotated[
        str, Field(max_length=32, description="The person’s pseudonym in case lists, if they hold cases.")
    ] = ""
    most_audits: Annotated[
        StrictInt | None, Field(description="The maximum number of audits allocated to them in 1 round.")
    ] = None
    absences: Annotated[list[AbsenceBody], Field(max_length=MOST_ABSENCES)] = []

    @classmethod
    def of(cls, found: Availability) -> Self:
        return cls(
            teams=list(found.teams),
            worker=found.worker,
            most_audits=found.most_audits,
            absences=[AbsenceBody(first_day=each.first_day, last_day=each.last_day) for each in found.absences],
        )

    def to_availability(self) -> Availability:
        return Availability(
            tuple(self.teams),
            self.worker,
            self.most_audits,
            tuple(AbsencePeriod(each.first_day, each.last_day) for each in self.absences),
        )


@router.get("/people/{person_id}/duties", response_model=DutiesBody, responses=refusals(404))
def read_duties(acting: ReadingLead, person_id: uuid.UUID) -> Response:
    found, version = actions.availability_of(acting.session, person_id=person_id, by=acting.actor)
    return json_reply(DutiesBody.of(found), version=version)


@router.put("/people/{person_id}/duties", response_model=DutiesBody, responses=refusals(404, 412, 428))
def change_duties(acting: WritingLead, person_id: uuid.UUID, version: IfMatch, body: DutiesBody) -> Response:
    """Replace a person's availability completely. Audits already allocated to them do not change."""
    changed, new_version = actions.change_availability(
        acting.session, person_id=person_id, availability=body.to_availability(), version=version, by=acting.actor
    )
    return json_reply(DutiesBody.of(changed), version=new_version)
