"""The report of a programme's year, as a page and as files."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.documents.files import FileKind, render_file
from api.foundation.http.dependencies import Transaction, heavy_reading
from api.foundation.http.replies import file_answer
from api.foundation.http.routing import Router
from api.foundation.pages.rendering import render
from api.foundation.permissions import Permission
from api.programme.year.document import document_of
from api.programme.year.queries import year_report

router = Router(include_in_schema=False)
Lead = Annotated[Transaction, heavy_reading(Permission.WRITE_ROUNDS)]


@router.get("/programmes/{programme_id}/report")
def show_report(request: Request, acting: Lead, programme_id: uuid.UUID) -> Response:
    report = year_report(acting.session, programme_id=programme_id, by=acting.actor)
    return render(
        request,
        "programme/year/report.html",
        acting=acting,
        programme=report.programme,
        document=document_of(acting.session, report, by=acting.actor),
    )


@router.get("/programmes/{programme_id}/report.{kind}")
def show_report_as_file(acting: Lead, programme_id: uuid.UUID, kind: FileKind) -> Response:
    report = year_report(acting.session, programme_id=programme_id, by=acting.actor)
    file = render_file(document_of(acting.session, report, by=acting.actor), kind)
    return file_answer(acting, file, "programme.report-fetched", programme_id)
