"""The report of a programme's year over REST: true counts, for people who may read every audit."""

import uuid
from typing import Annotated

from starlette.responses import Response

from api.documents.files import FileKind, render_file
from api.documents.json_document import FILE_ANSWER, DocumentOut
from api.foundation.http.dependencies import Transaction, heavy_reading
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import file_answer
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.programme.year.document import document_of
from api.programme.year.queries import year_report

router = Router(tags=["Audit programme"])
Lead = Annotated[Transaction, heavy_reading(Permission.WRITE_ROUNDS)]


@router.get("/programmes/{programme_id}/report", response_model=DocumentOut, responses=refusals(404))
def read_report(acting: Lead, programme_id: uuid.UUID) -> Response:
    """Judgements by quarter, themes over the year, and last year's points for development, of closed rounds."""
    report = year_report(acting.session, programme_id=programme_id, by=acting.actor)
    found = document_of(acting.session, report, by=acting.actor)
    return Response(DocumentOut.of(found).model_dump_json(), media_type="application/json")


@router.get(
    "/programmes/{programme_id}/report.{kind}", response_class=Response, responses={**refusals(404), **FILE_ANSWER}
)
def read_report_as_file(acting: Lead, programme_id: uuid.UUID, kind: FileKind) -> Response:
    """The same as a file, marked internal."""
    report = year_report(acting.session, programme_id=programme_id, by=acting.actor)
    file = render_file(document_of(acting.session, report, by=acting.actor), kind)
    return file_answer(acting, file, "programme.report-fetched", programme_id)
