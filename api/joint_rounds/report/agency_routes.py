"""The report of a closed joint round over REST, for a person of an agency."""

import uuid
from datetime import date
from typing import Annotated

from pydantic import BaseModel
from starlette.responses import Response

from api.documents.files import FileKind, render_file
from api.documents.json_document import FILE_ANSWER, DocumentOut
from api.foundation.http.dependencies import Transaction, heavy_reading, reading
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import file_answer
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.joint_rounds.report.agency_document import agency_document
from api.joint_rounds.report.agency_queries import agency_report, list_reported

router = Router(tags=["Joint audits"])
Answering = Annotated[Transaction, heavy_reading(Permission.WRITE_JOINT_PARTS)]


class ReportedJointRoundOut(BaseModel):
    """A closed joint round of which a person of an agency can read the report."""

    id: uuid.UUID
    title: str
    period_from: date
    period_to: date


class ReportedJointRounds(BaseModel):
    items: list[ReportedJointRoundOut]


@router.get("/agency-reports", response_model=ReportedJointRounds)
def list_agency_reports(
    acting: Annotated[Transaction, reading(Permission.WRITE_JOINT_PARTS)],
) -> ReportedJointRounds:
    """The newest closed joint rounds of your agency, whose report you can read."""
    found = list_reported(acting.session, by=acting.actor)
    return ReportedJointRounds(
        items=[ReportedJointRoundOut.model_validate(each, from_attributes=True) for each in found]
    )


@router.get("/joint-rounds/{joint_round_id}/agency-report", response_model=DocumentOut, responses=refusals(404))
def read_agency_report(acting: Answering, joint_round_id: uuid.UUID) -> Response:
    """What your agency answered in a closed joint round, beside all agencies in the cases that you saw."""
    report = agency_report(acting.session, joint_round_id=joint_round_id, by=acting.actor)
    found = agency_document(acting.session, report, by=acting.actor)
    return Response(DocumentOut.of(found).model_dump_json(), media_type="application/json")


@router.get(
    "/joint-rounds/{joint_round_id}/agency-report.{kind}",
    response_class=Response,
    responses={**refusals(404), **FILE_ANSWER},
)
def read_agency_report_as_file(acting: Answering, joint_round_id: uuid.UUID, kind: FileKind) -> Response:
    """The same as a file, marked internal."""
    report = agency_report(acting.session, joint_round_id=joint_round_id, by=acting.actor)
    file = render_file(agency_document(acting.session, report, by=acting.actor), kind)
    return file_answer(acting, file, "joint-round.report-fetched", joint_round_id)
