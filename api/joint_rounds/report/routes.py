"""The report of a joint round over REST: true counts, for quality leads."""

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
from api.joint_rounds.report.document import document_of
from api.joint_rounds.report.queries import joint_report

router = Router(tags=["Joint audits"])
Lead = Annotated[Transaction, heavy_reading(Permission.WRITE_JOINT_ROUNDS)]


@router.get("/joint-rounds/{joint_round_id}/report", response_model=DocumentOut, responses=refusals(404))
def read_joint_report(acting: Lead, joint_round_id: uuid.UUID) -> Response:
    """Returns by agency, answers by agency and theme, what panels agreed, and how often agencies answered the same."""
    report = joint_report(acting.session, joint_round_id=joint_round_id, by=acting.actor)
    found = document_of(acting.session, report, by=acting.actor)
    return Response(DocumentOut.of(found).model_dump_json(), media_type="application/json")


@router.get(
    "/joint-rounds/{joint_round_id}/report.{kind}", response_class=Response, responses={**refusals(404), **FILE_ANSWER}
)
def read_joint_report_as_file(acting: Lead, joint_round_id: uuid.UUID, kind: FileKind) -> Response:
    """The same as a file, marked internal."""
    report = joint_report(acting.session, joint_round_id=joint_round_id, by=acting.actor)
    file = render_file(document_of(acting.session, report, by=acting.actor), kind)
    return file_answer(acting, file, "joint-round.report-fetched", joint_round_id)
