"""The report by characteristics of cases as a page and as files, and the step to it on the page of a round."""

import uuid
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request
from starlette.responses import Response

from api.documents.files import FileKind, render_file
from api.foundation.http.dependencies import Transaction, heavy_reading
from api.foundation.http.replies import file_answer
from api.foundation.http.routing import Router
from api.foundation.local_time import local_date
from api.foundation.pages.rendering import render
from api.foundation.permissions import Permission
from api.foundation.problems import Fault, Invalid, is_allowed
from api.reports.characteristics.document import TITLE, characteristics_document, origin_of
from api.reports.characteristics.queries import CharacteristicsReport, characteristics_report, check_can_compare
from api.rounds.hooks import ShownRound, Step
from models import now

router = Router(include_in_schema=False)

Lead = Annotated[Transaction, heavy_reading(Permission.READ_REPORTS)]
Key = Annotated[str, Query(max_length=40)]


@router.get("/rounds/{round_id}/characteristics")
def show_characteristics(
    request: Request, acting: Lead, round_id: uuid.UUID, by: Key = "", one: Key = "", other: Key = ""
) -> Response:
    problem: Invalid | None = None
    try:
        report = _report(acting, round_id, by, one, other)
    except Invalid as refused:
        problem, report = refused, _report(acting, round_id, "", "", "")
    chosen = report.chosen
    query = {"by": "" if chosen is None else chosen.characteristic.key}
    if report.pair is not None:
        query |= {"one": report.pair[0].key, "other": report.pair[1].key}
    labels = {} if chosen is None else chosen.characteristic.labels
    origin = origin_of(acting.session, report, by=acting.actor)
    return render(
        request,
        "reports/characteristics/report.html",
        acting=acting,
        status=200 if problem is None else problem.status,
        faults=() if problem is None else problem.faults or (Fault("", problem.detail),),
        document=characteristics_document(report, made_on=local_date(now()), origin=origin),
        audit_round=report.round,
        characteristics=[
            {"value": each.characteristic.key, "text": each.characteristic.title} for each in report.every
        ],
        groups=[{"value": key, "text": label} for key, label in labels.items()],
        shown=query,
        query=urlencode(query),
        may_add=acting.actor.may(Permission.WRITE_CASE_FILES),
    )


@router.get("/rounds/{round_id}/characteristics.{kind}")
def show_characteristics_as_file(
    acting: Lead, round_id: uuid.UUID, kind: FileKind, by: Key = "", one: Key = "", other: Key = ""
) -> Response:
    report = _report(acting, round_id, by, one, other)
    origin = origin_of(acting.session, report, by=acting.actor)
    file = render_file(characteristics_document(report, made_on=local_date(now()), origin=origin), kind)
    return file_answer(acting, file, "round.characteristics-fetched", round_id)


def comparing(seen: ShownRound) -> Step | None:
    """The step to the report by characteristics."""
    if not seen.actor.may(Permission.READ_REPORTS) or not is_allowed(check_can_compare, seen.round):
        return None
    return Step(TITLE, f"/rounds/{seen.round.id}/characteristics", 8)


def _report(acting: Transaction, round_id: uuid.UUID, by: str, one: str, other: str) -> CharacteristicsReport:
    return characteristics_report(acting.session, round_id=round_id, key=by, one=one, other=other, by=acting.actor)
