"""A round's report over REST: true counts, for people who may read every audit behind them."""

import uuid
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.documents.files import FileKind, render_file
from api.documents.json_document import FILE_ANSWER, DocumentOut
from api.foundation.http.dependencies import Page, Transaction, heavy_reading
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import file_answer
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.reports.answers import AnswerSet, AnswersQuery, list_answers_for_figure
from api.reports.breakdowns import Breakdown
from api.reports.gaps.routes import By
from api.reports.round_report.document import document_of
from api.reports.trends import document as trends

router = Router(prefix="/rounds/{round_id}", tags=["Reports"])
WithTexts = Annotated[bool, Query(description="Include the text of auditors’ conclusions.")]
Lead = Annotated[Transaction, heavy_reading(Permission.READ_REPORTS)]


@router.get("/report", response_model=DocumentOut, responses=refusals(404))
def read_report(acting: Lead, round_id: uuid.UUID) -> Response:
    """The complete report of a round, with the same cells as its files."""
    return Response(
        DocumentOut.of(document_of(acting.session, round_id=round_id, by=acting.actor)).model_dump_json(),
        media_type="application/json",
    )


@router.get("/report.{kind}", response_class=Response, responses={**refusals(404), **FILE_ANSWER})
def read_report_as_file(acting: Lead, round_id: uuid.UUID, kind: FileKind, texts: WithTexts = False) -> Response:
    """The same report as a file, marked internal. It includes auditors' text only with `texts=1`."""
    document = document_of(acting.session, round_id=round_id, by=acting.actor, texts=texts)
    file = render_file(document, kind)
    return file_answer(acting, file, "round.report-fetched", round_id)


@router.get("/trend", response_model=DocumentOut, responses=refusals(404, 409))
def read_trend(acting: Lead, round_id: uuid.UUID) -> Response:
    """Every theme over this round and its previous rounds, as control charts."""
    return Response(
        DocumentOut.of(trends.document_of(acting.session, round_id=round_id, by=acting.actor)).model_dump_json(),
        media_type="application/json",
    )


@router.get("/trend.{kind}", response_class=Response, responses={**refusals(404, 409), **FILE_ANSWER})
def read_trend_as_file(acting: Lead, round_id: uuid.UUID, kind: FileKind) -> Response:
    """The same as a file, marked internal."""
    file = render_file(trends.document_of(acting.session, round_id=round_id, by=acting.actor), kind)
    return file_answer(acting, file, "round.trend-fetched", round_id)


class AnswerBehindOut(BaseModel):
    audit_id: uuid.UUID
    reference: str
    answer: str
    rationale: str
    impact: str
    evidence: str


class AnswersBehindOut(BaseModel):
    number: int = Field(description="Total number of answers on all pages.")
    items: list[AnswerBehindOut]
    after: str | None


@router.get("/answers", response_model=AnswersBehindOut, responses=refusals(404))
def list_answers(
    acting: Lead,
    round_id: uuid.UUID,
    page: Page,
    theme: Annotated[str, Query(max_length=60, description="The key of a theme.")],
    answer: Annotated[
        str, Query(max_length=40, description="An answer, or all, applicable, meeting, below.")
    ] = AnswerSet.BELOW,
    by: By = Breakdown.WHOLE,
    group: Annotated[str, Query(max_length=60, description="The group in the breakdown.")] = "",
) -> AnswersBehindOut:
    """The counted answers behind a figure, with rationale and impact, for people who can read all audits."""
    found = list_answers_for_figure(
        acting.session,
        round_id=round_id,
        query=AnswersQuery(theme, answer, by, group),
        limit=page.limit,
        after=page.after_id,
        by=acting.actor,
    )
    return AnswersBehindOut(
        number=found.number,
        items=[
            AnswerBehindOut(
                audit_id=item.audit_id,
                reference=item.reference,
                answer=item.answer,
                rationale=item.rationale,
                impact=item.impact,
                evidence=item.evidence,
            )
            for item in found.items
        ],
        after=None if found.after is None else str(found.after),
    )
