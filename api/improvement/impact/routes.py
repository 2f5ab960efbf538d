"""What changed because cases were audited, over REST: true counts, for people who may read every audit."""

from datetime import date
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from api.documents.files import FileKind, render_file
from api.documents.json_document import FILE_ANSWER, DocumentOut
from api.foundation.events import THE_ORGANISATION
from api.foundation.http.dependencies import Transaction, heavy_reading
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import file_answer
from api.foundation.http.routing import Router
from api.foundation.local_time import local_date
from api.foundation.permissions import Permission
from api.improvement.impact.document import EVERY_CHART, document_of
from api.improvement.impact.queries import impact_report, period_of
from api.improvement.impact.released import released_document
from models import now

router = Router(tags=["Reports"])
Lead = Annotated[Transaction, heavy_reading(Permission.READ_REPORTS)]
First = Annotated[
    date | None, Query(alias="from", description="The first day. By default, the twelve months up to the last day.")
]
Last = Annotated[date | None, Query(alias="to", description="The last day. By default, today.")]


@router.get("/reports/changed", response_model=DocumentOut, responses=refusals(422))
def read_what_changed(acting: Lead, first: First = None, last: Last = None) -> Response:
    """What changed in a period: findings, the actions that followed, their impact, and what re-audits measured."""
    report = impact_report(acting.session, period=period_of(first, last, today=local_date(now())), by=acting.actor)
    found = document_of(acting.session, report, by=acting.actor)
    return Response(DocumentOut.of(found).model_dump_json(), media_type="application/json")


@router.get("/reports/changed/released", response_model=DocumentOut, responses=refusals(422))
def read_released_form(acting: Lead, first: First = None, last: Last = None) -> Response:
    """The same for sharing: practice actions, and what snapshots certainly show. Nothing of single children."""
    report = impact_report(acting.session, period=period_of(first, last, today=local_date(now())), by=acting.actor)
    found = released_document(acting.session, report, by=acting.actor)
    return Response(DocumentOut.of(found).model_dump_json(), media_type="application/json")


@router.get("/reports/changed/released.{kind}", response_class=Response, responses={**refusals(422), **FILE_ANSWER})
def read_released_form_as_file(acting: Lead, kind: FileKind, first: First = None, last: Last = None) -> Response:
    """The version for sharing as a file."""
    report = impact_report(acting.session, period=period_of(first, last, today=local_date(now())), by=acting.actor)
    file = render_file(released_document(acting.session, report, by=acting.actor), kind)
    return file_answer(acting, file, "report.changed-fetched", THE_ORGANISATION)


@router.get("/reports/changed.{kind}", response_class=Response, responses={**refusals(422), **FILE_ANSWER})
def read_what_changed_as_file(acting: Lead, kind: FileKind, first: First = None, last: Last = None) -> Response:
    """The same as a file, marked internal."""
    report = impact_report(acting.session, period=period_of(first, last, today=local_date(now())), by=acting.actor)
    file = render_file(document_of(acting.session, report, by=acting.actor, charts=EVERY_CHART), kind)
    return file_answer(acting, file, "report.changed-fetched", THE_ORGANISATION)
