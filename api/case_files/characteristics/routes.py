"""Characteristics of cases over REST."""

import uuid
from typing import Annotated, Self

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StrictBool
from starlette.responses import Response

from api.case_files import actions as case_files
from api.case_files.characteristics import actions, queries
from api.case_files.characteristics.actions import NewCharacteristic
from api.foundation.http.dependencies import IdempotencyKey, IfMatch, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from checklists.cases import CaseKey
from checklists.characteristics import (
    LONGEST_TITLE,
    LONGEST_WORD,
    MOST_CHARACTERISTICS,
    MOST_GROUPS,
    CaseGroup,
    decode_groups,
    key_from,
)
from models import CaseFile, StoredCharacteristic

router = Router(tags=["Case files"])

Lead = Annotated[Transaction, reading(Permission.WRITE_CASE_FILES)]
WritingLead = Annotated[Transaction, writing(Permission.WRITE_CASE_FILES)]
Word = Annotated[str, Field(min_length=1, max_length=LONGEST_WORD)]
Key = Annotated[str, Path(max_length=40, description="The key of the characteristic.")]


class GroupIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    key: Annotated[str, Field(max_length=40, pattern=r"^[a-z0-9-]*$", description="Made from the label if empty.")] = ""
    label: Word
    words: Annotated[
        list[Word], Field(max_length=MOST_GROUPS, description="What a case list says of it, besides its label.")
    ] = []


class CharacteristicIn(BaseModel):
    """A characteristic of cases, such as sex, with its groups."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE)]
    headings: Annotated[
        list[Word], Field(max_length=MOST_GROUPS, description="The columns of a case list that say it.")
    ] = []
    groups: Annotated[list[GroupIn], Field(min_length=2, max_length=MOST_GROUPS)]

    def to_new(self) -> NewCharacteristic:
        taken = {each.key for each in self.groups if each.key}
        groups = []
        for each in self.groups:
            key = each.key or key_from(each.label, taken)
            taken.add(key)
            groups.append(CaseGroup(key, " ".join(each.label.split()), tuple(each.words)))
        return NewCharacteristic(self.title, tuple(self.headings), tuple(groups))


class CharacteristicChange(CharacteristicIn):
    active: Annotated[
        StrictBool, Field(description="Whether case lists are read for it and reports compared by it.")
    ] = True


class CaseGroupOut(BaseModel):
    key: str
    label: str
    words: list[str]


class CharacteristicOut(BaseModel):
    key: str
    title: str
    headings: list[str]
    groups: list[CaseGroupOut]
    active: bool
    version: int

    @classmethod
    def of(cls, found: StoredCharacteristic) -> Self:
        content = found.content
        groups = [CaseGroupOut(key=each.key, label=each.label, words=list(each.words)) for each in content.groups]
        return cls(
            key=found.key,
            title=found.title,
            headings=list(content.headings),
            groups=groups,
            active=found.active,
            version=found.version,
        )


class CharacteristicList(BaseModel):
    items: list[CharacteristicOut]


class CaseGroupsIn(BaseModel):
    """The groups that a case is in. A characteristic that is left out becomes not known."""

    model_config = ConfigDict(extra="forbid")

    characteristics: Annotated[dict[CaseKey, CaseKey], Field(max_length=MOST_CHARACTERISTICS)]


class CaseGroupsOut(BaseModel):
    """The groups that a case is in, by the key of the characteristic."""

    case_file_id: uuid.UUID
    characteristics: dict[str, str]
    version: int

    @classmethod
    def of(cls, case_file: CaseFile) -> Self:
        groups = decode_groups(case_file.characteristics)
        return cls(case_file_id=case_file.id, characteristics=groups, version=case_file.version)


@router.get("/characteristics", response_model=CharacteristicList)
def list_characteristics(acting: Lead) -> CharacteristicList:
    """The characteristics that your organisation compares its own reports by. No shared report has them."""
    found = queries.list_characteristics(acting.session, by=acting.actor)
    return CharacteristicList(items=[CharacteristicOut.of(each) for each in found])


@router.post("/characteristics", status_code=201, response_model=CharacteristicOut, responses=refusals(400, 409))
def add_characteristic(acting: WritingLead, key: IdempotencyKey, new: CharacteristicIn) -> Response:
    """Add a characteristic. Its key is made from its title."""

    def make() -> Response:
        made = actions.add_characteristic(acting.session, new=new.to_new(), by=acting.actor)
        location = f"/api/v1/characteristics/{made.key}"
        return json_reply(CharacteristicOut.of(made), status=201, version=made.version, location=location)

    return run_once(acting, key, make)


@router.get("/characteristics/{key}", response_model=CharacteristicOut, responses=refusals(404))
def read_characteristic(acting: Lead, key: Key) -> Response:
    found = queries.find_characteristic(acting.session, key=key, by=acting.actor)
    return json_reply(CharacteristicOut.of(found), version=found.version)


@router.put("/characteristics/{key}", response_model=CharacteristicOut, responses=refusals(404, 412, 428))
def change_characteristic(acting: WritingLead, key: Key, version: IfMatch, new: CharacteristicChange) -> Response:
    """Change a characteristic. A group that case files are in cannot be removed."""
    changed = actions.change_characteristic(
        acting.session, key=key, new=new.to_new(), active=new.active, version=version, by=acting.actor
    )
    return json_reply(CharacteristicOut.of(changed), version=changed.version)


@router.get("/case-files/{case_file_id}/characteristics", response_model=CaseGroupsOut, responses=refusals(404))
def read_groups(acting: Lead, case_file_id: uuid.UUID) -> Response:
    """The groups that a case is in, for people who manage case files."""
    found = case_files.find_case_file(acting.session, case_file_id=case_file_id, by=acting.actor).case_file
    return json_reply(CaseGroupsOut.of(found), version=found.version)


@router.put(
    "/case-files/{case_file_id}/characteristics", response_model=CaseGroupsOut, responses=refusals(404, 412, 428)
)
def set_groups(acting: WritingLead, case_file_id: uuid.UUID, version: IfMatch, wanted: CaseGroupsIn) -> Response:
    """Set the groups that a case is in. The version is that of the case file."""
    changed = actions.set_groups(
        acting.session, case_file_id=case_file_id, groups=wanted.characteristics, version=version, by=acting.actor
    )
    return json_reply(CaseGroupsOut.of(changed), version=changed.version)
