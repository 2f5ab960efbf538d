"""How far readers agree, and how generous auditors are: of a round, and of all rounds together."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.dependencies import Acting, heavy_reading
from api.pages.rendering import render
from api.permissions import Permission
from api.replies import file_answer
from api.reports.agreement import agreement_report
from api.reports.agreement_document import agreement_document
from api.reports.exits import FileKind, write
from api.routing import Router
from models import now

router = Router(include_in_schema=False)

Lead = Annotated[Acting, heavy_reading(Permission.READ_REPORTS)]


@router.get("/rounds/{round_id}/agreement")
def show_of_round(request: Request, acting: Lead, round_id: uuid.UUID) -> Response:
    return _page(request, acting, round_id)


@router.get("/rounds/{round_id}/agreement.{kind}")
def show_of_round_as_file(acting: Lead, round_id: uuid.UUID, kind: FileKind) -> Response:
    report = agreement_report(acting.session, round_id=round_id, by=acting.actor)
    file = write(agreement_document(report, made_on=now().date()), kind, name="agreement")
    return file_answer(acting, file, "round.agreement-fetched", round_id)


@router.get("/reports/agreement")
def show_of_all(request: Request, acting: Lead) -> Response:
    return _page(request, acting, None)


def _page(request: Request, acting: Acting, round_id: uuid.UUID | None) -> Response:
    report = agreement_report(acting.session, round_id=round_id, by=acting.actor)
    return render(
        request,
        "reports/agreement.html",
        acting=acting,
        document=agreement_document(report, made_on=now().date()),
        standing=report.standing,
    )
