"""Case files over REST."""

import uuid
from typing import Annotated, Self

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, RootModel
from starlette.responses import Response

from api.case_files import actions, queries
from api.case_files import words as case_words
from api.case_files.actions import MOST_IN_ONE_CALL, FoundCaseFile, NewCaseFile, PreparedCaseFiles
from api.foundation.http.bodies import MEGABYTE, body
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
from checklists.cases import CaseKey, CaseWords

router = Router(prefix="/case-files", tags=["Case files"])

FormsOfHarm = Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=60)]


Status = Annotated[CaseKey, Field(description="A key of /api/v1/case-files/words.")]
AgeBand = Annotated[CaseKey, Field(description="A key of /api/v1/case-files/words.")]


class CaseFileBands(BaseModel):
    model_config = ConfigDict(extra="forbid")

    team_id: uuid.UUID
    status: Status
    age_band: AgeBand
    forms_of_harm: FormsOfHarm = []


class CaseFileIn(CaseFileBands):
    """A case file to create. Without a reference the service generates a random one."""

    reference: Annotated[
        str | None,
        Field(max_length=64, description="Your own pseudonymous reference. Do not use the number or name of a person."),
    ] = None

    def to_new(self) -> NewCaseFile:
        return NewCaseFile(self.team_id, self.status, self.age_band, tuple(self.forms_of_harm), self.reference)


class CaseFileOut(BaseModel):
    id: uuid.UUID
    reference: str
    team_id: uuid.UUID
    status: str
    age_band: str
    forms_of_harm: list[str]
    version: int

    @classmethod
    def of(cls, found: FoundCaseFile) -> Self:
        case_file = found.case_file
        return cls(
            id=case_file.id,
            reference=case_file.reference,
            team_id=case_file.team_id,
            status=case_file.status,
            age_band=case_file.age_band,
            forms_of_harm=list(found.forms_of_harm),
            version=case_file.version,
        )


class CaseFileList(BaseModel):
    items: list[CaseFileOut]
    after: str | None


class CaseWordOut(BaseModel):
    key: str
    label: str


class CaseWordsOut(BaseModel):
    """The words of one list. `template`: the key of the template that has it; empty for the list that is built in."""

    template: str
    title: str
    statuses: list[CaseWordOut]
    age_bands: list[CaseWordOut]
    categories: list[CaseWordOut]

    @classmethod
    def of(cls, template: str, title: str, words: CaseWords) -> Self:
        lists = (words.statuses, words.age_bands, words.categories)
        statuses, age_bands, categories = (
            [CaseWordOut(key=key, label=label) for key, label in labels.items()] for labels in lists
        )
        return cls(template=template, title=title, statuses=statuses, age_bands=age_bands, categories=categories)


class ListsOfWords(BaseModel):
    items: list[CaseWordsOut]


class NewCaseFiles(RootModel[Annotated[list[CaseFileIn], Field(min_length=1, max_length=MOST_IN_ONE_CALL)]]):
    """A list of case files. Either all are created or none."""


@router.get("", response_model=CaseFileList)
def list_case_files(
    acting: Annotated[Transaction, reading(Permission.READ_CASE_FILES)],
    page: Page,
    team: Annotated[uuid.UUID | None, Query(description="Return only case files of this team.")] = None,
    status: Annotated[CaseKey | None, Query(description="Return only case files with this status.")] = None,
    reference: Annotated[
        str, Query(max_length=80, description="Return only case files with this text in their reference.")
    ] = "",
) -> CaseFileList:
    """Case files, in the order in which they were created. Auditors and moderators see those of their audits."""
    found = queries.list_case_files(
        acting.session,
        by=acting.actor,
        team_id=team,
        status=status,
        reference=reference,
        limit=page.to_fetch,
        after=page.after_id,
    )
    shown, after = page.cut(found, key=lambda each: each.id)
    harms = actions.harms_of(acting.session, shown)
    return CaseFileList(
        items=[CaseFileOut.of(FoundCaseFile(case_file, harms[case_file.id])) for case_file in shown],
        after=after,
    )


@router.post("", status_code=201, response_model=CaseFileOut, responses=refusals(400, 409))
def make_case_file(
    acting: Annotated[Transaction, writing(Permission.WRITE_CASE_FILES)], key: IdempotencyKey, case_file: CaseFileIn
) -> Response:
    def make() -> Response:
        made = actions.create_case_file(acting.session, case_file=case_file.to_new(), by=acting.actor)
        return json_reply(
            CaseFileOut.of(made),
            status=201,
            version=made.case_file.version,
            location=f"/api/v1/case-files/{made.case_file.id}",
        )

    return run_once(acting, key, make)


@router.post(
    "/batch",
    status_code=201,
    response_model=CaseFileList,
    responses=refusals(400, 409),
    dependencies=[body(16 * MEGABYTE)],
)
def make_case_files(
    asking: Annotated[ActorRequest, computing(Permission.WRITE_CASE_FILES)],  # noqa: ARG001 - declares what it needs
    key: IdempotencyKey,
    new: NewCaseFiles,
) -> Computed:
    """Create up to 1,000 case files, in this order. If there are errors, none is created and each error is listed."""

    def prepare(acting: Transaction) -> tuple[PreparedCaseFiles, Response]:
        wanted = [item.to_new() for item in new.root]
        prepared = actions.prepare_case_files(acting.session, case_files=wanted, by=acting.actor)
        items = [CaseFileOut.of(found) for found in prepared.made]
        return prepared, json_reply(CaseFileList(items=items, after=None), status=201)

    def store(acting: Transaction, ready: tuple[PreparedCaseFiles, Response]) -> Response:
        prepared, shown = ready
        actions.store_case_files(acting.session, prepared, by=acting.actor)
        return shown

    return Computed(prepare, store, key=key)


@router.get("/words", response_model=ListsOfWords)
def list_case_words(acting: Annotated[Transaction, reading(Permission.READ_CASE_FILES)]) -> ListsOfWords:
    """The statuses, age bands and categories that a case may have: those built in, and the ones of templates."""
    found = case_words.lists_of_words(acting.session, acting.actor.organisation_id)
    return ListsOfWords(items=[CaseWordsOut.of(each.key, each.title, each.words) for each in found])


@router.get("/{case_file_id}", response_model=CaseFileOut, responses=refusals(404))
def read_case_file(
    acting: Annotated[Transaction, reading(Permission.READ_CASE_FILES)], case_file_id: uuid.UUID
) -> Response:
    found = actions.find_case_file(acting.session, case_file_id=case_file_id, by=acting.actor)
    return json_reply(CaseFileOut.of(found), version=found.case_file.version)


@router.put("/{case_file_id}", response_model=CaseFileOut, responses=refusals(404, 412, 428))
def change_case_file(
    acting: Annotated[Transaction, writing(Permission.WRITE_CASE_FILES)],
    case_file_id: uuid.UUID,
    version: IfMatch,
    bands: CaseFileBands,
) -> Response:
    """Change the bands of a case file. Its reference does not change. Submitted audits keep the earlier bands."""
    found = actions.change_case_file(
        acting.session,
        case_file_id=case_file_id,
        team_id=bands.team_id,
        status=bands.status,
        age_band=bands.age_band,
        forms_of_harm=tuple(bands.forms_of_harm),
        version=version,
        by=acting.actor,
    )
    return json_reply(CaseFileOut.of(found), version=found.case_file.version)
