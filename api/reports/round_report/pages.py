"""A round's report as a page, and the answers behind each of its figures."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Annotated, Final
from urllib.parse import quote_plus, urlencode

from fastapi import Query, Request
from starlette.responses import Response

from api.documents.files import FileKind, render_file
from api.foundation.http.dependencies import Page, Transaction, heavy_reading
from api.foundation.http.replies import file_answer
from api.foundation.http.routing import Router
from api.foundation.local_time import local_date
from api.foundation.pages.menu import Fragment
from api.foundation.pages.rendering import render
from api.foundation.permissions import Permission
from api.foundation.problems import Invalid
from api.reports.answers import AnswerSet, AnswersQuery, list_answers_for_figure
from api.reports.breakdowns import Breakdown, breakdown_named, splits_of
from api.reports.exports.actions import may_name_auditors
from api.reports.round_report.completion import completion_of
from api.reports.round_report.document import document_of, origin_of, working_document
from api.reports.round_report.hooks import further_sections
from api.reports.round_report.queries import round_report
from api.reports.round_report.routes import WithTexts
from api.reports.trends import document as trends
from api.reports.trends.queries import trend
from api.rounds.hooks import ShownRound, Step
from models import RoundState, now

router = Router(include_in_schema=False)

Lead = Annotated[Transaction, heavy_reading(Permission.READ_REPORTS)]


@router.get("/rounds/{round_id}/report")
def show_report(
    request: Request,
    acting: Lead,
    round_id: uuid.UUID,
    by: Annotated[str, Query(max_length=80, description="The breakdown of the heat map.")] = Breakdown.TEAM,
) -> Response:
    """The report with one heat map; a split that does not exist is read as the usual one."""
    try:
        report = round_report(acting.session, round_id=round_id, splits=[by], by=acting.actor)
    except Invalid:
        by = Breakdown.TEAM
        report = round_report(acting.session, round_id=round_id, splits=[by], by=acting.actor)
    folded = ("definitions", "answers")
    document = working_document(
        report,
        made_on=local_date(now()),
        origin=origin_of(acting.session, report, by=acting.actor),
        behind=_behind(round_id),
        conclusions_path=f"/rounds/{round_id}/conclusions",
        further=further_sections(acting.session, report.audit_round, by=acting.actor),
    )
    return render(
        request,
        "reports/round_report/round.html",
        acting=acting,
        document=replace(document, sections=tuple(each for each in document.sections if each.sheet not in folded)),
        folded=tuple(each for each in document.sections if each.sheet in folded),
        audit_round=report.audit_round,
        content=report.whole.template,
        split=breakdown_named(report.whole.template, by),
        splits=splits_of(report.whole.template),
        has_conclusions=report.conclusions.concluded > 0,
        may_name_auditors=may_name_auditors(acting.actor),
    )


@router.get("/rounds/{round_id}/report.{kind}")
def show_report_as_file(acting: Lead, round_id: uuid.UUID, kind: FileKind, texts: WithTexts = False) -> Response:
    document = document_of(acting.session, round_id=round_id, by=acting.actor, texts=texts)
    file = render_file(document, kind)
    return file_answer(acting, file, "round.report-fetched", round_id)


@router.get("/rounds/{round_id}/trend")
def show_trend(request: Request, acting: Lead, round_id: uuid.UUID) -> Response:
    found = trend(acting.session, round_id=round_id, by=acting.actor)
    return render(
        request,
        "reports/trends/trend.html",
        acting=acting,
        document=trends.trend_document(
            found, made_on=local_date(now()), origin=trends.origin_of(acting.session, found, by=acting.actor)
        ),
        audit_round=found.newest.rounds[0],
    )


@router.get("/rounds/{round_id}/trend.{kind}")
def show_trend_as_file(acting: Lead, round_id: uuid.UUID, kind: FileKind) -> Response:
    file = render_file(trends.document_of(acting.session, round_id=round_id, by=acting.actor), kind)
    return file_answer(acting, file, "round.trend-fetched", round_id)


@router.get("/rounds/{round_id}/answers")
def show_answers(
    request: Request,
    acting: Lead,
    round_id: uuid.UUID,
    page: Page,
    theme: Annotated[str, Query(max_length=60, description="The key of a theme.")],
    answer: Annotated[str, Query(max_length=40, description="The answers to show.")] = AnswerSet.BELOW,
    by: Annotated[str, Query(max_length=80, description="The breakdown to filter by.")] = Breakdown.WHOLE,
    group: Annotated[str, Query(max_length=60, description="The group in the breakdown.")] = "",
) -> Response:
    query = AnswersQuery(theme, answer, by, group)
    found = list_answers_for_figure(
        acting.session, round_id=round_id, query=query, limit=page.limit, after=page.after_id, by=acting.actor
    )
    scale = found.template.scale
    return render(
        request,
        "reports/answers.html",
        acting=acting,
        found=found,
        theme=found.template.theme(theme),
        choices=[
            *({"value": each.value, "text": each.label} for each in AnswerSet),
            *({"value": each, "text": scale.label(each)} for each in scale.answers),
        ],
        base=f"/rounds/{round_id}/answers?" + urlencode({"theme": theme, "answer": answer, "by": by, "group": group}),
        first=page.after is None,
    )


def _behind(round_id: uuid.UUID) -> Callable[..., str]:
    start = f"/rounds/{round_id}/answers?"

    def address(**query: str) -> str:
        return f"{start}{'&'.join([f'{name}={_quoted(value)}' for name, value in query.items()])}"

    return address


# A page holds hundreds of links with the same few words in them.
_quoted: Final = lru_cache(maxsize=4_096)(quote_plus)


def reporting(seen: ShownRound) -> Step | None:
    """The step of reading the report of a round that is open or closed."""
    if seen.round.state is RoundState.PLANNED:
        return None
    return Step("Report", f"/rounds/{seen.round.id}/report", 5, is_due=True)


def completion(seen: ShownRound) -> Fragment:
    """How far the round is, by team and by part of the sample."""
    found = completion_of(seen.session, seen.round, by=seen.actor)
    return Fragment("reports/round_report/_completion.html", {"completion": found})
