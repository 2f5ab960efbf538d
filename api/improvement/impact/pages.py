"""What changed because cases were audited, as a page and as files."""

from datetime import date
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from api.documents.files import FileKind, render_file
from api.foundation.events import THE_ORGANISATION
from api.foundation.http.dependencies import Transaction, heavy_reading
from api.foundation.http.replies import file_answer
from api.foundation.http.routing import Router
from api.foundation.local_time import local_date
from api.foundation.pages.rendering import render
from api.foundation.permissions import Permission
from api.improvement.impact.document import EVERY_CHART, Charts, document_of, pages_of_charts
from api.improvement.impact.periods import usual_periods
from api.improvement.impact.queries import MOST_ROUNDS, impact_report, period_of
from api.improvement.impact.released import released_document
from models import now

router = Router(include_in_schema=False)
Lead = Annotated[Transaction, heavy_reading(Permission.READ_REPORTS)]
First = Annotated[date | None, Query(alias="from")]
Last = Annotated[date | None, Query(alias="to")]
Page = Annotated[
    int, Query(ge=1, le=MOST_ROUNDS, description="Which re-audits have a chart: the newest are on page 1.")
]


@router.get("/reports/changed")
def show_what_changed(
    request: Request, acting: Lead, first: First = None, last: Last = None, charts: Page = 1
) -> Response:
    today = local_date(now())
    period = period_of(first, last, today=today)
    report = impact_report(acting.session, period=period, by=acting.actor)
    return render(
        request,
        "improvement/what_changed.html",
        acting=acting,
        document=document_of(acting.session, report, by=acting.actor, charts=Charts.of_page(charts)),
        pages_of_charts=pages_of_charts(report),
        page_of_charts=charts,
        period=period,
        usual=usual_periods(today, period_of(None, None, today=today)),
    )


@router.get("/reports/changed/released")
def show_released(request: Request, acting: Lead, first: First = None, last: Last = None) -> Response:
    period = period_of(first, last, today=local_date(now()))
    report = impact_report(acting.session, period=period, by=acting.actor)
    return render(
        request,
        "improvement/what_changed_released.html",
        acting=acting,
        document=released_document(acting.session, report, by=acting.actor),
        period=period,
    )


@router.get("/reports/changed/released.{kind}")
def show_released_as_file(acting: Lead, kind: FileKind, first: First = None, last: Last = None) -> Response:
    report = impact_report(acting.session, period=period_of(first, last, today=local_date(now())), by=acting.actor)
    file = render_file(released_document(acting.session, report, by=acting.actor), kind)
    return file_answer(acting, file, "report.changed-fetched", THE_ORGANISATION)


@router.get("/reports/changed.{kind}")
def show_what_changed_as_file(acting: Lead, kind: FileKind, first: First = None, last: Last = None) -> Response:
    report = impact_report(acting.session, period=period_of(first, last, today=local_date(now())), by=acting.actor)
    file = render_file(document_of(acting.session, report, by=acting.actor, charts=EVERY_CHART), kind)
    return file_answer(acting, file, "report.changed-fetched", THE_ORGANISATION)
