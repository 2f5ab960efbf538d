"""Gap reports over REST, as JSON and CSV: true counts, for those who may read every audit behind them."""

import uuid
from typing import Annotated, Self

from fastapi import Query
from pydantic import BaseModel, BeforeValidator, Field
from starlette.responses import Response

from api.documents.writers.csv import write_table
from api.foundation.http.dependencies import Transaction, heavy_reading
from api.foundation.http.problem_details import refusals
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.reports.breakdowns import Breakdown
from api.reports.gaps.document import flat_table, name_of_file
from api.reports.gaps.queries import MOST_ROUNDS, GapReport, Group, gap_report
from api.reports.overall import OverallOut
from checklists.reports.gaps import Gap
from models import now

router = Router(prefix="/reports", tags=["Reports"])

Rounds = Annotated[
    list[uuid.UUID],
    Query(alias="round", min_length=1, max_length=MOST_ROUNDS, description="A round; repeat it for several."),
]
By = Annotated[Breakdown, Query(description="What to split the report by.")]
Target = Annotated[
    int | None, Query(alias="target", ge=1, le=100, description="Another target than the rounds' own, in percent.")
]


# A share of 1, exact or not, as it is published: rounded to six places.
Share = Annotated[float, BeforeValidator(lambda share: round(float(share), 6))]


class GapOut(BaseModel):
    """One theme or learning domain. Shares and gaps are fractions of 1, rounded to six places."""

    key: str
    label: str
    audits: int
    applicable: int
    counts: dict[str, int] = Field(description="How often each answer was given.")
    meeting: int
    below: int
    share_meeting: Share | None
    share_below: Share | None
    meeting_interval: tuple[Share, Share] | None = Field(description="Wilson 95% interval of the share meeting.")
    below_interval: tuple[Share, Share] | None = Field(description="Wilson 95% interval of the share below.")
    gap: Share | None = Field(description="Target less share meeting the standard, never below 0.")
    state: str
    rank: int | None = Field(description="1 for the widest gap; equal gaps share a rank.")

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

    @classmethod
    def of(cls, group: Group) -> Self:
        return cls(
            key=group.key,
            label=group.label,
            audits=group.audits,
            overall=OverallOut.of(group.overall),
            themes=[GapOut.of(gap) for gap in group.themes],
            learning_domains=[GapOut.of(gap) for gap in group.domains],
        )


class ReportedRound(BaseModel):
    id: uuid.UUID
    title: str
    state: str


class GapReportOut(BaseModel):
    rounds: list[ReportedRound]
    template: str
    standard: str
    breakdown: Breakdown
    target_percent: int
    minimum_applicable: int
    counted: int
    left_out: dict[str, int] = Field(description="Audits that are not counted, by reason.")
    groups: list[GroupOut]
    notes: list[str]

    @classmethod
    def of(cls, report: GapReport) -> Self:
        return cls(
            rounds=[
                ReportedRound(id=audit_round.id, title=audit_round.title, state=audit_round.state.value)
                for audit_round in report.rounds
            ],
            template=report.template.key,
            standard=report.template.scale.standard,
            breakdown=report.breakdown,
            target_percent=int(report.target * 100),
            minimum_applicable=report.minimum,
            counted=report.counted,
            left_out={reason.value: number for reason, number in sorted(report.left_out.items())},
            groups=[GroupOut.of(group) for group in report.groups],
            notes=list(report.notes),
        )


@router.get("/gaps", response_model=GapReportOut, responses=refusals(404, 409))
def read_gaps(
    acting: Annotated[Transaction, heavy_reading(Permission.READ_REPORTS)],
    rounds: Rounds,
    by: By = Breakdown.WHOLE,
    target: Target = None,
) -> Response:
    """The gap report of one round or several, whole or broken down by one thing."""
    report = gap_report(acting.session, round_ids=rounds, breakdown=by, target_percent=target, by=acting.actor)
    return Response(GapReportOut.of(report).model_dump_json(), media_type="application/json")


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
    name = name_of_file(report, made_on=now().date())
    return Response(
        write_table(flat_table(report)),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
