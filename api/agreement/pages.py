"""How far readers agree, and how generous auditors are: of a round, and of all rounds together."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.agreement.document import document_of
from api.agreement.queries import agreement_report
from api.documents.files import FileKind, render_file
from api.foundation.http.dependencies import Transaction, heavy_reading
from api.foundation.http.replies import file_answer
from api.foundation.http.routing import Router
from api.foundation.pages.rendering import render
from api.foundation.permissions import Permission

router = Router(include_in_schema=False)

Lead = Annotated[Transaction, heavy_reading(Permission.READ_REPORTS)]


@router.get("/rounds/{round_id}/agreement")
def show_of_round(request: Request, acting: Lead, round_id: uuid.UUID) -> Response:
    return _page(request, acting, round_id)


@router.get("/rounds/{round_id}/agreement.{kind}")
def show_of_round_as_file(acting: Lead, round_id: uuid.UUID, kind: FileKind) -> Response:
    report = agreement_report(acting.session, round_id=round_id, by=acting.actor)
    file = render_file(document_of(acting.session, report, by=acting.actor), kind)
    return file_answer(acting, file, "round.agreement-fetched", round_id)


@router.get("/reports/agreement")
def show_of_all(request: Request, acting: Lead) -> Response:
    return _page(request, acting, None)


def _page(request: Request, acting: Transaction, round_id: uuid.UUID | None) -> Response:
    report = agreement_report(acting.session, round_id=round_id, by=acting.actor)
    return render(
        request,
        "agreement/agreement.html",
        acting=acting,
        document=document_of(acting.session, report, by=acting.actor),
        audit_round=report.audit_round,
    )
