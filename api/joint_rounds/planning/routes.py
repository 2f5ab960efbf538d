"""Joint rounds over REST, for quality leads."""

import uuid
from datetime import date
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt
from starlette.responses import Response

from api.documents.files import FileKind
from api.documents.json_document import FILE_ANSWER
from api.foundation.http.dependencies import IdempotencyKey, IfMatch, Page, Transaction, heavy_reading, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import file_answer, json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import FreeText, KeepNames, WrittenDate
from api.joint_rounds.planning import actions, queries
from api.joint_rounds.planning.actions import LONGEST_TITLE, MOST_AGENCIES, MOST_CASES, JointPlan
from api.joint_rounds.planning.case_list_file import joint_case_list
from api.joint_rounds.planning.queries import ShownCase, ShownJointRound, ShownPart
from models import JointCaseState, JointRound, JointRoundState, PartState

router = Router(prefix="/joint-rounds", tags=["Joint audits"])

Reader = Annotated[Transaction, reading(Permission.WRITE_JOINT_ROUNDS)]
Writer = Annotated[Transaction, writing(Permission.WRITE_JOINT_ROUNDS)]
CHANGED = refusals(404, 409, 412, 428)


class JointPlanIn(BaseModel):
    """The plan of a joint round."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE)]
    template_id: uuid.UUID
    template_version: Annotated[StrictInt, Field(ge=1, le=1_000_000)]
    agencies: Annotated[list[uuid.UUID], Field(min_length=2, max_length=MOST_AGENCIES)]
    period_from: WrittenDate
    period_to: WrittenDate
    due_on: Annotated[WrittenDate, Field(description="Until when agencies return their parts.")]

    def plan(self) -> JointPlan:
        """The plan to store."""
        return JointPlan(**{**dict(self), "agencies": tuple(self.agencies)})


class JointCasesIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    references: Annotated[list[Annotated[str, Field(max_length=32)]], Field(max_length=MOST_CASES)]


class JointAllocationIn(BaseModel):
    """Who answers for an agency."""

    model_config = ConfigDict(extra="forbid")

    agency_id: uuid.UUID
    auditor_id: Annotated[uuid.UUID, Field(description="A person of the agency.")]
    joint_case_id: Annotated[
        uuid.UUID | None, Field(description="Of which case; without it, of all that are not returned.")
    ] = None


class JointClosingIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[FreeText, Field(description="Needed where the panel of a case is not finished.")] = ""
    keep_names: KeepNames = None


class JointRoundSummary(BaseModel):
    id: uuid.UUID
    title: str
    template_id: uuid.UUID
    template_version: int
    period_from: date
    period_to: date
    due_on: date
    state: JointRoundState
    version: int

    @classmethod
    def of(cls, found: JointRound) -> Self:
        return cls(**{name: getattr(found, name) for name in JointRoundSummary.model_fields})


class JointRoundList(BaseModel):
    items: list[JointRoundSummary]
    after: str | None


class JointPartStateOut(BaseModel):
    """Whether an agency has returned its part, and never what is in it."""

    id: uuid.UUID
    agency_id: uuid.UUID
    agency: str
    auditor: Annotated[str, Field(description="Empty until somebody is chosen.")]
    state: PartState
    late: bool
    version: int

    @classmethod
    def of(cls, shown: ShownPart) -> Self:
        part = shown.part
        return cls(
            id=part.id,
            agency_id=part.agency_id,
            agency=shown.agency,
            auditor=shown.auditor,
            state=part.state,
            late=shown.is_late,
            version=part.version,
        )


class JointCaseSummary(BaseModel):
    id: uuid.UUID
    reference: str
    state: JointCaseState
    parts: list[JointPartStateOut]

    @classmethod
    def of(cls, shown: ShownCase) -> Self:
        parts = [JointPartStateOut.of(each) for each in shown.parts]
        return cls(id=shown.case.id, reference=shown.reference, state=shown.case.state, parts=parts)


class JointRoundOut(JointRoundSummary):
    """A joint round with its cases, and which agencies have returned their parts."""

    agencies: Annotated[dict[uuid.UUID, str], Field(description="Their names, by identifier.")]
    cases: list[JointCaseSummary]
    closing_reason: str

    @classmethod
    def shown(cls, found: ShownJointRound) -> Self:
        return cls(
            **dict(JointRoundSummary.of(found.round)),
            agencies=dict(found.agencies),
            cases=[JointCaseSummary.of(each) for each in found.cases],
            closing_reason=found.round.closing_reason,
        )


class JointAllocatedOut(BaseModel):
    allocated: Annotated[int, Field(description="How many parts went to this person.")]


@router.get("", response_model=JointRoundList)
def list_joint_rounds(acting: Reader, page: Page) -> JointRoundList:
    """Joint rounds, the newest first."""
    found = queries.list_joint_rounds(acting.session, by=acting.actor, limit=page.to_fetch, after=page.after_id)
    shown, after = page.cut(found, key=lambda each: each.id)
    return JointRoundList(items=[JointRoundSummary.of(each) for each in shown], after=after)


@router.post("", status_code=201, response_model=JointRoundOut, responses=refusals(400, 409))
def create_joint_round(acting: Writer, key: IdempotencyKey, new: JointPlanIn) -> Response:
    """Plan a joint round."""

    def make() -> Response:
        made = actions.create_joint_round(acting.session, plan=new.plan(), by=acting.actor)
        return _shown(acting, made.id, status=201)

    return run_once(acting, key, make)


@router.get("/{joint_round_id}", response_model=JointRoundOut, responses=refusals(404))
def read_joint_round(acting: Reader, joint_round_id: uuid.UUID) -> Response:
    """A joint round with its cases, and which agencies have returned their parts."""
    return _shown(acting, joint_round_id)


@router.get("/{joint_round_id}/cases.{kind}", response_class=Response, responses={**refusals(404), **FILE_ANSWER})
def read_joint_cases_as_file(
    acting: Annotated[Transaction, heavy_reading(Permission.WRITE_JOINT_ROUNDS)],
    joint_round_id: uuid.UUID,
    kind: FileKind,
) -> Response:
    """The cases of a joint audit as a list for the key-holder, marked internal."""
    found = actions.find_joint_round(acting.session, joint_round_id=joint_round_id, by=acting.actor)
    file = joint_case_list(acting.session, found, kind, by=acting.actor)
    return file_answer(acting, file, "joint-round.cases-fetched", joint_round_id)


@router.put("/{joint_round_id}", response_model=JointRoundOut, responses=CHANGED)
def change_joint_round(acting: Writer, joint_round_id: uuid.UUID, version: IfMatch, new: JointPlanIn) -> Response:
    """Change the plan of a joint round that is not open yet."""
    actions.change_joint_round(
        acting.session, joint_round_id=joint_round_id, plan=new.plan(), version=version, by=acting.actor
    )
    return _shown(acting, joint_round_id)


@router.put("/{joint_round_id}/cases", response_model=JointRoundOut, responses=CHANGED)
def set_joint_cases(acting: Writer, joint_round_id: uuid.UUID, version: IfMatch, new: JointCasesIn) -> Response:
    """Say which cases a joint round is about, by their references; others are taken out of it."""
    actions.set_cases(
        acting.session, joint_round_id=joint_round_id, references=new.references, version=version, by=acting.actor
    )
    return _shown(acting, joint_round_id)


@router.post("/{joint_round_id}/open", response_model=JointRoundOut, responses=CHANGED)
def open_joint_round(acting: Writer, joint_round_id: uuid.UUID, version: IfMatch) -> Response:
    """Open a joint round. Its plan, cases and questions are then fixed."""
    actions.open_joint_round(acting.session, joint_round_id=joint_round_id, version=version, by=acting.actor)
    return _shown(acting, joint_round_id)


@router.post("/{joint_round_id}/auditors", response_model=JointAllocatedOut, responses=refusals(404, 409))
def allocate_joint_parts(acting: Writer, joint_round_id: uuid.UUID, new: JointAllocationIn) -> JointAllocatedOut:
    """Choose who answers for an agency. Parts that are not returned go to this person, with what was written so far."""
    number = actions.allocate_parts(
        acting.session,
        joint_round_id=joint_round_id,
        agency_id=new.agency_id,
        auditor_id=new.auditor_id,
        joint_case_id=new.joint_case_id,
        by=acting.actor,
    )
    return JointAllocatedOut(allocated=number)


@router.post("/{joint_round_id}/close", response_model=JointRoundOut, responses=CHANGED)
def close_joint_round(acting: Writer, joint_round_id: uuid.UUID, version: IfMatch, given: JointClosingIn) -> Response:
    """Close a joint round: nothing of it changes any more."""
    actions.close_joint_round(
        acting.session,
        joint_round_id=joint_round_id,
        reason=given.reason,
        keep_names=given.keep_names,
        version=version,
        by=acting.actor,
    )
    return _shown(acting, joint_round_id)


def _shown(acting: Transaction, joint_round_id: uuid.UUID, *, status: int = 200) -> Response:
    found = queries.show_joint_round(acting.session, joint_round_id=joint_round_id, by=acting.actor)
    location = f"/api/v1/joint-rounds/{joint_round_id}" if status == 201 else ""
    return json_reply(JointRoundOut.shown(found), status=status, version=found.round.version, location=location)
