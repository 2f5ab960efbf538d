"""Samples over REST: planned, drawn, drawn again, and changed from the reserve."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt
from sqlmodel import Session
from starlette.responses import Response

from api.documents.files import FileKind
from api.documents.json_document import FILE_ANSWER
from api.foundation.http.dependencies import (
    ActorRequest,
    Computed,
    IdempotencyKey,
    Long,
    Transaction,
    computing,
    heavy_reading,
    reading,
)
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import file_answer, json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import KeepNames, WrittenDate
from api.jobs.routes import ASKED
from api.jobs.routes import asked as job_asked
from api.sampling import actions
from api.sampling import plans as sample_plans
from api.sampling.actions import PreparedSample
from api.sampling.frames import Feature, FrameRules, SamplePlan
from api.sampling.long_work import DrawSample
from api.sampling.plans import PlannedSample
from api.sampling.queries import Strata, elimination_log
from api.sampling.sample_list import sample_file
from checklists.cases import CaseKey
from checklists.samples.sample_sizes import expected_interval
from checklists.samples.sampling import SizeRule
from models import Exclusion, Sample, SampledState

router = Router(tags=["Samples"])

Seed = Annotated[
    str | None, Field(min_length=1, max_length=64, description="Your own seed. If omitted, a random seed is used.")
]


class NamedCaseIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reference: Annotated[str, Field(max_length=32)]
    reason: Annotated[str, Field(max_length=8_000)]


class FrameRulesIn(BaseModel):
    """The rules for which cases in the list can be drawn."""

    model_config = ConfigDict(extra="forbid")

    with_closed: StrictBool = False
    closed_before: Annotated[WrittenDate | None, Field(description="Cases closed before this month are excluded.")] = (
        None
    )
    months_since_audit: Annotated[
        StrictInt,
        Field(description="Cases audited within this number of months before the draw are excluded. 0 excludes none."),
    ] = 12
    only_statuses: Annotated[list[CaseKey], Field(max_length=40)] = []
    only_teams: Annotated[list[uuid.UUID], Field(max_length=500)] = []
    only_age_bands: Annotated[list[CaseKey], Field(max_length=40)] = []
    only_categories: Annotated[list[CaseKey], Field(max_length=40)] = []
    only_involving: Annotated[
        list[Annotated[str, Field(max_length=60)]],
        Field(max_length=40, description="Only cases tagged with any of these: keys of the template's forms of harm."),
    ] = []
    least_months_open: Annotated[
        StrictInt | None,
        Field(description=("The minimum number of whole months that a case has been open on the date of the list.")),
    ] = None
    most_months_open: Annotated[
        StrictInt | None,
        Field(description=("The maximum number of whole months that a case has been open on the date of the list.")),
    ] = None
    re_referral: Annotated[
        StrictBool | None,
        Field(
            description=(
                "True: only cases whose latest referral came within 12 months of the one before. False: only cases "
                "where the list says that it did not."
            )
        ),
    ] = None
    named: Annotated[list[NamedCaseIn], Field(max_length=500, description="Cases that you exclude, with reasons.")] = []
    keep_names: KeepNames = None


class SamplePlanIn(BaseModel):
    """The sample to draw: a number of cases, or a share of the frame."""

    model_config = ConfigDict(extra="forbid")

    case_list_id: uuid.UUID
    size: StrictInt | None = None
    share_percent: StrictFloat | None = None
    strata: Annotated[list[Feature], Field(max_length=5)] = []
    rule: SizeRule = SizeRule.PROPORTIONAL
    smallest_stratum: Annotated[StrictInt, Field(description="The minimum number of cases from each stratum.")] = 0
    most_of_a_worker: Annotated[
        StrictInt | None, Field(description="The maximum number of cases for each practitioner.")
    ] = None
    rules: FrameRulesIn = FrameRulesIn()
    seed: Seed = None

    def to_plan(self) -> SamplePlan:
        rules = self.rules
        return SamplePlan(
            self.case_list_id,
            self.size,
            self.share_percent,
            tuple(self.strata),
            self.rule,
            self.smallest_stratum,
            self.most_of_a_worker,
            FrameRules(
                rules.with_closed,
                rules.closed_before,
                rules.months_since_audit,
                tuple(rules.only_statuses),
                tuple(rules.only_teams),
                {case.reference: case.reason for case in rules.named},
                rules.keep_names,
                tuple(rules.only_age_bands),
                tuple(rules.only_categories),
                tuple(rules.only_involving),
                rules.least_months_open,
                rules.most_months_open,
                rules.re_referral,
            ),
        )


class StratumOut(BaseModel):
    stratum: str
    label: str
    frame: Annotated[int, Field(description="Number of cases that can be drawn.")]
    size: Annotated[int, Field(description="Number of cases drawn.")]


class PlannedSampleOut(BaseModel):
    """The cases that the plan would draw with this seed. Nothing is stored."""

    seed: str
    size: int
    frame_size: int
    left_out: dict[Exclusion, int]
    strata: list[StratumOut]
    least_share_seen: Annotated[
        float, Field(description="If half of the frame meets the standard for a theme, the lowest share (%) ...")
    ]
    most_share_seen: Annotated[
        float, Field(description="... and the highest share (%) that 19 in 20 samples would show.")
    ]

    @classmethod
    def of(cls, session: Session, planned: PlannedSample) -> Self:
        shown = expected_interval(planned.size, len(planned.frame.cases), Fraction(1, 2))
        return cls(
            seed=planned.seed,
            size=planned.size,
            frame_size=len(planned.frame.cases),
            left_out=planned.frame.log,
            strata=_strata_out(actions.strata_of_plan(session, planned)),
            least_share_seen=round(100 * shown.low, 1),
            most_share_seen=round(100 * shown.high, 1),
        )


class SampledCaseOut(BaseModel):
    case_file_id: uuid.UUID
    reference: str
    stratum: str
    place: Annotated[int, Field(description="The position of the case in the random order of its stratum.")]
    probability: Annotated[float, Field(description="The probability that the case would be drawn.")]
    weight: Annotated[float, Field(description="The number of cases in the frame that the case represents.")]
    state: SampledState
    reason: str
    stands_for_id: uuid.UUID | None

    @classmethod
    def of(cls, row: Mapping[Any, Any], reference: str) -> Self:
        kept = {name: row[name] for name in cls.model_fields.keys() - {"reference", "weight"}}
        return cls(**kept, reference=reference, weight=1 / row["probability"])

    @property
    def turn(self) -> tuple[str, int, uuid.UUID]:
        """The sort key of cases: by stratum, in the order of the draw."""
        return self.stratum, self.place, self.case_file_id


class DrawnRulesOut(BaseModel):
    """The rules for which cases in the list could be drawn. Empty lists: all."""

    with_closed: bool
    closed_before: date | None
    months_since_audit: int
    only_statuses: list[str]
    only_teams: list[uuid.UUID]
    only_age_bands: list[str]
    only_categories: list[str]
    only_involving: list[str]
    least_months_open: int | None
    most_months_open: int | None
    re_referral: bool | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        kept = {name: row[name] for name in cls.model_fields}
        return cls(**{name: value.split() if name.startswith("only_") else value for name, value in kept.items()})


class SampleOut(BaseModel):
    id: uuid.UUID
    round_id: Annotated[uuid.UUID | None, Field(description="The round that it is for; null for a joint audit.")]
    joint_round_id: Annotated[uuid.UUID | None, Field(description="The joint audit that it is for; null for a round.")]
    case_list_id: uuid.UUID
    seed: str
    method: str
    frame_hash: str
    frame_size: int
    size: int
    share_percent: float | None
    strata: list[StratumOut]
    rule: SizeRule
    smallest_stratum: int
    most_of_a_worker: int | None
    rules: DrawnRulesOut
    left_out: dict[Exclusion, int]
    drawn_on: date
    drawn_at: datetime
    cases: list[SampledCaseOut]
    version: int

    @classmethod
    def of(cls, session: Session, sample: Sample) -> Self:
        return cls(
            **sample.model_dump(include=cls.model_fields.keys() - {"strata", "rules", "left_out", "cases"}),
            rules=DrawnRulesOut.of(sample.model_dump()),
            strata=_strata_out(actions.strata_of_sample(session, sample)),
            left_out=elimination_log(session, sample),
            cases=[SampledCaseOut.of(row, row["reference"]) for row in actions.case_rows_of(session, sample)],
        )

    @classmethod
    def of_prepared(cls, session: Session, prepared: PreparedSample) -> Self:
        """The sample as it will be when stored, so that a long response is not built while others wait."""
        references = {case_file_id: reference for reference, case_file_id in prepared.planned.frame.ids.items()}
        cases = [SampledCaseOut.of(row, references[row["case_file_id"]]) for row in prepared.cases]
        return cls(
            **{name: prepared.row[name] for name in cls.model_fields.keys() - {"strata", "rules", "left_out", "cases"}},
            rules=DrawnRulesOut.of(prepared.row),
            strata=_strata_out(actions.strata_of_plan(session, prepared.planned)),
            left_out=prepared.planned.frame.log,
            cases=sorted(cases, key=lambda case: case.turn),
        )


class Samples(BaseModel):
    items: list[SampleOut]


class FrameCaseOut(BaseModel):
    reference: str
    stratum: str
    worker: str


class FrameOut(BaseModel):
    """All the data needed to draw the sample again, apart from the method."""

    seed: str
    method: str
    frame_hash: str
    size: int
    rule: SizeRule
    smallest_stratum: int
    most_of_a_worker: int | None
    cases: list[FrameCaseOut]


class RedrawnOut(BaseModel):
    frame_is_the_same: bool
    cases_are_the_same: bool
    erased: Annotated[int, Field(description="Cases of its list that were erased since.")]


def _strata_out(strata: Strata) -> list[StratumOut]:
    return [StratumOut(stratum=each.key, label=each.label, frame=each.frame, size=each.size) for each in strata]


ReadingLead = Annotated[Transaction, reading(Permission.ALLOCATE_AUDITS)]


@router.post("/rounds/{round_id}/samples/plan", response_model=PlannedSampleOut, responses=refusals(404, 409))
def plan_sample(acting: ReadingLead, round_id: uuid.UUID, plan: SamplePlanIn) -> PlannedSampleOut:
    """Preview the sample that a plan would draw, without drawing it."""
    planned = actions.plan_sample(
        acting.session,
        round_id=round_id,
        plan=plan.to_plan(),
        seed=plan.seed or sample_plans.new_seed(),
        by=acting.actor,
    )
    return PlannedSampleOut.of(acting.session, planned)


@router.post(
    "/rounds/{round_id}/samples", status_code=201, response_model=SampleOut, responses=refusals(400, 404, 409) | ASKED
)
def draw_sample(
    asking: Annotated[ActorRequest, computing(Permission.ALLOCATE_AUDITS)],  # noqa: ARG001 - declares what it needs
    key: IdempotencyKey,
    round_id: uuid.UUID,
    plan: SamplePlanIn,
) -> Computed:
    """Draw a sample for a round, and record how it was drawn."""

    def prepare(acting: Transaction) -> tuple[PreparedSample, Response]:
        prepared = actions.prepare_sample(
            acting.session,
            round_id=round_id,
            plan=plan.to_plan(),
            seed=plan.seed or sample_plans.new_seed(),
            by=acting.actor,
        )
        shown = SampleOut.of_prepared(acting.session, prepared)
        return prepared, json_reply(shown, status=201, version=shown.version, location=f"/api/v1/samples/{shown.id}")

    def store(acting: Transaction, ready: tuple[PreparedSample, Response]) -> Response:
        prepared, shown = ready
        actions.store_sample(acting.session, prepared, round_id=round_id, by=acting.actor)
        return shown

    def work(_: Transaction) -> DrawSample:
        return DrawSample(round_id, plan.to_plan(), plan.seed or sample_plans.new_seed())

    return Computed(prepare, store, key=key, long=Long(work, job_asked, show_drawn))


def show_drawn(acting: Transaction, sample_id: uuid.UUID) -> Response:
    """The response that a sample was drawn."""
    made = actions.find_sample(acting.session, sample_id=sample_id, by=acting.actor)
    shown = SampleOut.of(acting.session, made)
    return json_reply(shown, status=201, version=made.version, location=f"/api/v1/samples/{made.id}")


@router.get("/rounds/{round_id}/samples", response_model=Samples, responses=refusals(404))
def list_samples(acting: ReadingLead, round_id: uuid.UUID) -> Samples:
    """The samples of a round, in the order they were drawn."""
    found = actions.samples_of_round(acting.session, round_id=round_id, by=acting.actor)
    return Samples(items=[SampleOut.of(acting.session, sample) for sample in found])


@router.get("/samples/{sample_id}", response_model=SampleOut, responses=refusals(404))
def read_sample(acting: ReadingLead, sample_id: uuid.UUID) -> Response:
    sample = actions.find_sample(acting.session, sample_id=sample_id, by=acting.actor)
    return json_reply(SampleOut.of(acting.session, sample), version=sample.version)


@router.get("/samples/{sample_id}/cases.{kind}", response_class=Response, responses={**refusals(404), **FILE_ANSWER})
def read_sample_as_file(
    acting: Annotated[Transaction, heavy_reading(Permission.ALLOCATE_AUDITS)], sample_id: uuid.UUID, kind: FileKind
) -> Response:
    """The cases of a sample as a list for the people who find their files, marked internal."""
    sample = actions.find_sample(acting.session, sample_id=sample_id, by=acting.actor)
    return file_answer(acting, sample_file(acting.session, sample, kind, by=acting.actor), "sample.fetched", sample_id)


@router.get("/samples/{sample_id}/frame", response_model=FrameOut, responses=refusals(404))
def read_frame(acting: ReadingLead, sample_id: uuid.UUID) -> Response:
    """The frame and plan of a sample. With the published method, anyone can draw the sample again."""
    sample = actions.find_sample(acting.session, sample_id=sample_id, by=acting.actor)
    frame, _ = actions.stored_frame(acting.session, sample)
    return json_reply(
        FrameOut(
            **sample.model_dump(include=FrameOut.model_fields.keys() - {"cases"}),
            cases=[FrameCaseOut(reference=case.reference, stratum=case.stratum, worker=case.worker) for case in frame],
        )
    )


@router.get("/samples/{sample_id}/redraw", response_model=RedrawnOut, responses=refusals(404))
def redraw_sample(acting: ReadingLead, sample_id: uuid.UUID) -> RedrawnOut:
    """Draw a sample again from stored data, and report whether the same cases are drawn."""
    redrawn = actions.redraw_sample(acting.session, sample_id=sample_id, by=acting.actor)
    return RedrawnOut.model_validate(redrawn, from_attributes=True)
