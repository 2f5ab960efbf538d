"""Case lists over REST."""

import uuid
from datetime import date, datetime
from typing import Annotated, Literal, Self

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt
from starlette.responses import Response

from api.case_files.characteristics.queries import characteristics_in_use
from api.case_files.words import words_in_use
from api.case_lists import actions, importing
from api.case_lists.actions import MOST_CASES, CheckedList, ImportEffect
from api.case_lists.importing import PreparedImport
from api.case_lists.long_work import ImportCaseList
from api.foundation.http.bodies import MEGABYTE, body
from api.foundation.http.dependencies import (
    ActorRequest,
    Computed,
    IdempotencyKey,
    Long,
    Page,
    Transaction,
    computing,
    heavy_reading,
    reading,
)
from api.foundation.http.json_bodies.kept import ReadWith
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import WrittenDate
from api.jobs.routes import ASKED
from api.jobs.routes import asked as job_asked
from checklists.case_counts import MOST, CaseCount, counts_line
from checklists.case_list import CaseList as CaseListContent
from checklists.case_list import ListedCase
from checklists.cases import CaseKey
from checklists.characteristics import MOST_CHARACTERISTICS, encode_groups
from models import CaseList

router = Router(prefix="/case-lists", tags=["Case lists"])

Reference = Annotated[str, Field(max_length=32)]


class ListedCaseIn(BaseModel):
    """One case, under a pseudonym. Months are given by their first day."""

    model_config = ConfigDict(extra="forbid")

    reference: Reference
    team: Annotated[str, Field(max_length=200, description="The team's name.")]
    status: Annotated[CaseKey, Field(description="A key of /api/v1/case-files/words, as the next two.")]
    age_band: CaseKey
    category: CaseKey | None = None
    worker: Annotated[str, Field(max_length=32, description="A pseudonym.")] = ""
    started: Annotated[WrittenDate | None, Field(description="The first day of the month.")] = None
    closed: Annotated[WrittenDate | None, Field(description="The first day of the month.")] = None
    re_referral: Annotated[
        StrictBool | None,
        Field(description="Whether the latest referral came within 12 months of the one before. Null: not known."),
    ] = None
    counts: Annotated[
        dict[CaseCount, Annotated[StrictInt, Field(ge=0, le=MOST, strict=True)]],
        Field(
            description=(
                "How often these happened in 12 months. Referrals and enquiries include the latest. "
                f"For more than {MOST}, send {MOST}."
            )
        ),
    ] = {}
    formerly: Annotated[str, Field(max_length=32, description="The reference under the previous key.")] = ""
    characteristics: Annotated[
        dict[CaseKey, CaseKey],
        Field(
            max_length=MOST_CHARACTERISTICS,
            description="Groups that the case is in, by the key of the characteristic: keys of /api/v1/characteristics."
            " What is left out stays as it is.",
        ),
    ] = {}

    def to_case(self) -> ListedCase:
        encoded = {"counts": counts_line(self.counts), "characteristics": encode_groups(self.characteristics)}
        return ListedCase(**{**dict(self), **encoded})


class ListedCasesIn(BaseModel):
    """The cases of one day, as `caseaudit pseudonymise` writes them."""

    model_config = ConfigDict(extra="forbid")

    listed_on: Annotated[WrittenDate, Field(description="The date when the case system created the list.")]
    source: Annotated[str, Field(max_length=40, pattern=r"^[a-z0-9-]*$", description="The type of export.")] = ""
    key_id: Annotated[
        str, Field(max_length=16, pattern=r"^[0-9a-f]*$", description="The key used to create the pseudonyms.")
    ] = ""
    cases: Annotated[
        list[Annotated[ListedCase, ReadWith(ListedCaseIn, ListedCaseIn.to_case)]],
        Field(min_length=1, max_length=MOST_CASES),
    ]

    def to_content(self) -> CaseListContent:
        return CaseListContent(self.listed_on, self.key_id, self.source, tuple(self.cases))


class CaseListIn(ListedCasesIn):
    """The cases of one day, with a team for each name that is no active team."""

    teams: Annotated[
        dict[str, uuid.UUID | Literal["make"]],
        Field(
            description=(
                "For a name that does not match an active team: the id of the team, or `make` to create a team."
            )
        ),
    ] = {}


class CaseListOut(BaseModel):
    id: uuid.UUID
    listed_on: date
    source: str
    key_id: str
    cases: int
    made: Annotated[int, Field(description="Number of new cases.")]
    digest: str
    taken_at: datetime

    @classmethod
    def of(cls, found: CaseList) -> Self:
        return cls(**found.model_dump(exclude={"organisation_id"}))


class CaseLists(BaseModel):
    items: list[CaseListOut]
    after: str | None


class TeamOfListOut(BaseModel):
    name: str
    cases: int
    team_id: Annotated[
        uuid.UUID | None, Field(description="The active team of this name. Null: choose one in `teams`.")
    ]


class ImportEffectOut(BaseModel):
    """What importing a list would do."""

    new: Annotated[int, Field(description="Number of cases that are not known yet.")]
    changed: int
    same: int
    tagged: Annotated[int, Field(description="Number of cases that get a tag from their category.")]
    absent: Annotated[int, Field(description="Number of open cases from other lists that this list does not have.")]
    teams: list[TeamOfListOut]

    @classmethod
    def of(cls, effect: ImportEffect) -> Self:
        teams = [TeamOfListOut(name=it.name, cases=it.cases, team_id=it.team_id) for it in effect.teams]
        counts = {name: getattr(effect, name) for name in ("new", "changed", "same", "tagged", "absent")}
        return cls(teams=teams, **counts)


@router.get("", response_model=CaseLists)
def list_case_lists(
    acting: Annotated[Transaction, reading(Permission.WRITE_CASE_FILES)],
    page: Page,
    digest: Annotated[str | None, Query(max_length=64, description="Only the list with this digest.")] = None,
) -> CaseLists:
    """The imported case lists, newest first."""
    found = actions.list_case_lists(
        acting.session, by=acting.actor, limit=page.to_fetch, after=page.after_id, digest=digest
    )
    shown, after = page.cut(found, key=lambda each: each.id)
    return CaseLists(
        items=[CaseListOut.of(each) for each in shown],
        after=after,
    )


@router.post(
    "",
    status_code=201,
    response_model=CaseListOut,
    responses=refusals(400, 409) | ASKED,
    dependencies=[body(64 * MEGABYTE, long_list="cases")],
)
def take_case_list(
    asking: Annotated[ActorRequest, computing(Permission.WRITE_CASE_FILES)],  # noqa: ARG001 - declares what it needs
    key: IdempotencyKey,
    case_list: CaseListIn,
) -> Computed:
    """Import a case list, completely or not at all. New case files are created and existing ones updated."""

    def prepare(acting: Transaction) -> PreparedImport:
        checked = _checked(acting, case_list)
        return importing.prepare_import(acting.session, checked=checked, teams=case_list.teams, by=acting.actor)

    def store(acting: Transaction, prepared: PreparedImport) -> Response:
        taken = importing.complete_import(acting.session, prepared, by=acting.actor)
        return _show_taken(acting, taken.id)

    def work(_: Transaction) -> ImportCaseList:
        return ImportCaseList(case_list.to_content(), case_list.teams)

    return Computed(
        prepare,
        store,
        key=key,
        pieces=importing.pieces_of,
        give_up=importing.give_up_pieces,
        long=Long(work, job_asked, _show_taken),
    )


@router.post("/preview", response_model=ImportEffectOut, dependencies=[body(64 * MEGABYTE, long_list="cases")])
def preview_case_list(
    acting: Annotated[Transaction, heavy_reading(Permission.WRITE_CASE_FILES)], case_list: ListedCasesIn
) -> ImportEffectOut:
    """What importing this case list would do. Nothing is stored."""
    effect = actions.effect_of(acting.session, checked=_checked(acting, case_list), by=acting.actor)
    return ImportEffectOut.of(effect)


def _checked(acting: Transaction, case_list: ListedCasesIn) -> CheckedList:
    own = acting.actor.organisation_id
    return actions.check_list(
        case_list.to_content(),
        words=words_in_use(acting.session, own),
        characteristics=characteristics_in_use(acting.session, own),
        by=acting.actor,
    )


def _show_taken(acting: Transaction, case_list_id: uuid.UUID) -> Response:
    taken = actions.find_case_list(acting.session, case_list_id=case_list_id, by=acting.actor)
    return json_reply(CaseListOut.of(taken), status=201, location=f"/api/v1/case-lists/{taken.id}")


@router.get("/{case_list_id}", response_model=CaseListOut, responses=refusals(404))
def read_case_list(
    acting: Annotated[Transaction, reading(Permission.WRITE_CASE_FILES)], case_list_id: uuid.UUID
) -> CaseListOut:
    return CaseListOut.of(actions.find_case_list(acting.session, case_list_id=case_list_id, by=acting.actor))
