"""Gap reports over REST, as JSON and CSV: true counts, for those who may read every audit behind them."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Self

from fastapi import Query
from pydantic import BaseModel, BeforeValidator, Field, StringConstraints
from starlette.responses import Response

from api.documents.document import Table
from api.documents.writers.csv import write_table
from api.foundation.http.dependencies import Transaction, heavy_reading
from api.foundation.http.problem_details import refusals
from api.foundation.http.routing import Router
from api.foundation.local_time import local_date
from api.foundation.permissions import Permission
from api.reports.breakdowns import FACT_PREFIX, Breakdown
from api.reports.gaps.document import flat_table, name_of_file
from api.reports.gaps.queries import MOST_ROUNDS, GapReport, Group, gap_report
from api.reports.overall import OverallOut
from api.reports.questions.children import CaseTrait, cases_of
from api.reports.questions.shapes import CaseTraitOut, ComplianceOut, FactOut, QuestionOut
from api.reports.questions.table import questions_table
from api.reports.recording_gaps import RecordingGapOut, RecordingGaps, recording_gaps_of
from checklists.reports.gaps import Gap
from checklists.templates.template import Template
from models import now

router = Router(prefix="/reports", tags=["Reports"])

Rounds = Annotated[
    list[uuid.UUID],
    Query(alias="round", min_length=1, max_length=MOST_ROUNDS, description="A round. Repeat for several rounds."),
]
FactName = Annotated[str, StringConstraints(pattern=f"^{FACT_PREFIX}[a-z][a-z0-9-]*$", max_length=80)]
By = Annotated[
    Breakdown | FactName,
    Query(
        description=(
            "The breakdown of the report: one of the listed words, or `fact:` and the key of a fact about the case."
        )
    ),
]
Target = Annotated[
    int | None,
    Query(alias="target", ge=1, le=100, description="A target (%) to use instead of the rounds’ own target."),
]


# A share of 1, exact or not, as it is published: rounded to six places.
Share = Annotated[float, BeforeValidator(lambda share: round(float(share), 6))]


class GapOut(BaseModel):
    """One theme or learning domain. Shares and gaps are fractions of 1, rounded to 6 decimal places."""

    key: str
    label: str
    audits: int
    applicable: int
    counts: dict[str, int] = Field(description="Number of audits with each answer.")
    meeting: int
    below: int
    share_meeting: Share | None
    share_below: Share | None
    meeting_interval: tuple[Share, Share] | None = Field(
        description="Wilson 95% interval of the share meeting the standard."
    )
    below_interval: tuple[Share, Share] | None = Field(
        description="Wilson 95% interval of the share below the standard."
    )
    gap: Share | None = Field(description="Target minus share meeting the standard, never below 0.")
    state: str
    rank: int | None = Field(description="1 for the largest gap. Equal gaps share a rank.")

    @classmethod
    def of(cls, gap: Gap) -> Self:
        return cls.model_validate(gap, from_attributes=True)


class GroupOut(BaseModel):
    key: str
    label: str
    audits: int
    overall: OverallOut
    themes: list[GapOut]
    learning_domains: list[GapOut]
    questions: list[QuestionOut] = Field(description="Empty for a template without questions.")
    compliance: ComplianceOut | None = Field(description="Null if the template does not ask for these.")
    facts: list[FactOut] = Field(description="Facts about the cases.")

    @classmethod
    def of(cls, group: Group, template: Template) -> Self:
        return cls(
            key=group.key,
            label=group.label,
            audits=group.audits,
            overall=OverallOut.of(group.overall),
            themes=[GapOut.of(gap) for gap in group.themes],
            learning_domains=[GapOut.of(gap) for gap in group.domains],
            questions=[QuestionOut.of(found, template.theme_of(found.question.key).key) for found in group.questions],
            compliance=None if group.compliance is None else ComplianceOut.of(group.compliance),
            facts=FactOut.of_group(group.facts),
        )


class ReportedRound(BaseModel):
    id: uuid.UUID
    title: str
    state: str


class GapReportOut(BaseModel):
    rounds: list[ReportedRound]
    template: str
    standard: str
    breakdown: str = Field(description="The breakdown of the report.")
    target_percent: int | None = Field(description="Null: no target yet, so themes have no gap or state.")
    lowest_percent: float | None = Field(description="The maximum share that should be at the lowest rating.")
    minimum_applicable: int
    counted: int
    left_out: dict[str, int] = Field(description="Excluded audits, by reason.")
    groups: list[GroupOut]
    cases: list[CaseTraitOut] = Field(description="The cases of all counted audits, by facts about the case.")
    recording_gaps: list[RecordingGapOut] | None = Field(
        description="For all counted audits, by theme. Null if the template does not ask for sources."
    )
    notes: list[str]

    @classmethod
    def of(cls, report: GapReport, cases: Sequence[CaseTrait], recording: RecordingGaps | None) -> Self:
        return cls(
            rounds=[
                ReportedRound(id=audit_round.id, title=audit_round.title, state=audit_round.state.value)
                for audit_round in report.rounds
            ],
            template=report.template.key,
            standard=report.template.scale.standard if report.template.graded else "",
            breakdown=report.breakdown.value,
            target_percent=None if report.target is None else int(report.target * 100),
            lowest_percent=None if report.lowest is None else float(100 * report.lowest),
            minimum_applicable=report.minimum,
            counted=report.counted,
            left_out={reason.value: number for reason, number in sorted(report.left_out.items())},
            groups=[GroupOut.of(group, report.template) for group in report.groups],
            cases=[CaseTraitOut.of(trait) for trait in cases],
            recording_gaps=RecordingGapOut.of_report(recording),
            notes=list(report.notes),
        )


@router.get("/gaps", response_model=GapReportOut, responses=refusals(404, 409))
def read_gaps(
    acting: Annotated[Transaction, heavy_reading(Permission.READ_REPORTS)],
    rounds: Rounds,
    by: By = Breakdown.WHOLE,
    target: Target = None,
) -> Response:
    """The gap report of one or more rounds, in total or with one breakdown."""
    report = gap_report(acting.session, round_ids=rounds, breakdown=by, target_percent=target, by=acting.actor)
    cases = cases_of(acting.session, report, by=acting.actor)
    recording = recording_gaps_of(report)
    return Response(GapReportOut.of(report, cases, recording).model_dump_json(), media_type="application/json")


@router.get(
    "/gaps.csv",
    response_class=Response,
    responses={**refusals(404, 409), 200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def read_gaps_as_csv(
    acting: Annotated[Transaction, heavy_reading(Permission.READ_REPORTS)],
    rounds: Rounds,
    by: By = Breakdown.WHOLE,
    target: Target = None,
) -> Response:
    """The same report as a table."""
    report = gap_report(acting.session, round_ids=rounds, breakdown=by, target_percent=target, by=acting.actor)
    return _csv(flat_table(report), name_of_file(report, made_on=local_date(now())))


@router.get(
    "/questions.csv",
    response_class=Response,
    responses={**refusals(404, 409), 200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def read_questions_as_csv(
    acting: Annotated[Transaction, heavy_reading(Permission.READ_REPORTS)],
    rounds: Rounds,
    by: By = Breakdown.WHOLE,
    target: Target = None,
) -> Response:
    """The number of audits with each answer to each question, 1 row for each, with the share for each question."""
    report = gap_report(acting.session, round_ids=rounds, breakdown=by, target_percent=target, by=acting.actor)
    return _csv(questions_table(report), name_of_file(report, made_on=local_date(now()), kind="questions"))


def _csv(table: Table, name: str) -> Response:
    return Response(
        write_table(table),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
