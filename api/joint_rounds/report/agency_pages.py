"""The report of a closed joint round for a person of an agency, as a page and as files."""

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
from api.joint_rounds.report.agency_document import agency_document
from api.joint_rounds.report.agency_queries import agency_report

router = Router(include_in_schema=False)
Answering = Annotated[Transaction, heavy_reading(Permission.WRITE_JOINT_PARTS)]


@router.get("/joint-rounds/{joint_round_id}/agency-report")
def show_agency_report(request: Request, acting: Answering, joint_round_id: uuid.UUID) -> Response:
    report = agency_report(acting.session, joint_round_id=joint_round_id, by=acting.actor)
    return render(
        request,
        "joint_rounds/report/agency_report.html",
        acting=acting,
        joint_round=report.own.shown.round,
        document=agency_document(acting.session, report, by=acting.actor),
    )


@router.get("/joint-rounds/{joint_round_id}/agency-report.{kind}")
def show_agency_report_as_file(acting: Answering, joint_round_id: uuid.UUID, kind: FileKind) -> Response:
    report = agency_report(acting.session, joint_round_id=joint_round_id, by=acting.actor)
    file = render_file(agency_document(acting.session, report, by=acting.actor), kind)
    return file_answer(acting, file, "joint-round.report-fetched", joint_round_id)
