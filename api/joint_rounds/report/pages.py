"""The report of a joint round, as a page and as files."""

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
from api.joint_rounds.report.document import document_of
from api.joint_rounds.report.queries import joint_report

router = Router(include_in_schema=False)
Lead = Annotated[Transaction, heavy_reading(Permission.WRITE_JOINT_ROUNDS)]


@router.get("/joint-rounds/{joint_round_id}/report")
def show_report(request: Request, acting: Lead, joint_round_id: uuid.UUID) -> Response:
    report = joint_report(acting.session, joint_round_id=joint_round_id, by=acting.actor)
    return render(
        request,
        "joint_rounds/report/report.html",
        acting=acting,
        joint_round=report.shown.round,
        document=document_of(acting.session, report, by=acting.actor),
    )


@router.get("/joint-rounds/{joint_round_id}/report.{kind}")
def show_report_as_file(acting: Lead, joint_round_id: uuid.UUID, kind: FileKind) -> Response:
    report = joint_report(acting.session, joint_round_id=joint_round_id, by=acting.actor)
    file = render_file(document_of(acting.session, report, by=acting.actor), kind)
    return file_answer(acting, file, "joint-round.report-fetched", joint_round_id)
