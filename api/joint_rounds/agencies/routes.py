"""Agencies over REST."""

import uuid
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool
from starlette.responses import Response

from api.foundation.http.dependencies import IdempotencyKey, IfMatch, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.joint_rounds.agencies import actions
from api.joint_rounds.agencies.actions import LONGEST_NAME
from models import Agency

router = Router(prefix="/agencies", tags=["Joint audits"])

Reader = Annotated[Transaction, reading(Permission.READ_PEOPLE)]
Writer = Annotated[Transaction, writing(Permission.WRITE_AGENCIES)]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]


class NewAgencyIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name


class AgencyIn(NewAgencyIn):
    """An agency as it is to be."""

    active: Annotated[StrictBool, Field(description="False if retired: new joint audits cannot have it.")]
    members: Annotated[
        list[uuid.UUID], Field(max_length=200, description="People with the role of agency auditor who belong to it.")
    ]


class AgencyOut(BaseModel):
    id: uuid.UUID
    name: str
    active: bool
    version: int

    @classmethod
    def of(cls, agency: Agency) -> Self:
        return cls(id=agency.id, name=agency.name, active=agency.active, version=agency.version)


class AgencyList(BaseModel):
    items: list[AgencyOut]


@router.get("", response_model=AgencyList)
def list_agencies(acting: Reader) -> AgencyList:
    """The agencies that take part in joint audits, by name."""
    return AgencyList(items=[AgencyOut.of(each) for each in actions.list_agencies(acting.session, by=acting.actor)])


@router.post("", status_code=201, response_model=AgencyOut, responses=refusals(400, 409))
def add_agency(acting: Writer, key: IdempotencyKey, new: NewAgencyIn) -> Response:
    """Add an agency."""

    def make() -> Response:
        made = actions.add_agency(acting.session, name=new.name, by=acting.actor)
        location = f"/api/v1/agencies/{made.id}"
        return json_reply(AgencyOut.of(made), status=201, version=made.version, location=location)

    return run_once(acting, key, make)


@router.put("/{agency_id}", response_model=AgencyOut, responses=refusals(404, 409, 412, 428))
def change_agency(acting: Writer, agency_id: uuid.UUID, version: IfMatch, new: AgencyIn) -> Response:
    """Rename or retire an agency, and say who belongs to it."""
    found = actions.change_agency(
        acting.session,
        agency_id=agency_id,
        name=new.name,
        active=new.active,
        members=new.members,
        version=version,
        by=acting.actor,
    )
    return json_reply(AgencyOut.of(found), version=found.version)
