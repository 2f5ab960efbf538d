"""The measured change over REST: true counts, for people who may read every audit behind them."""

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
from api.reports.measured_change.document import document_of

router = Router(prefix="/rounds/{round_id}", tags=["Reports"])
Lead = Annotated[Transaction, heavy_reading(Permission.READ_REPORTS)]


@router.get("/change", response_model=DocumentOut, responses=refusals(404, 409))
def read_change(acting: Lead, round_id: uuid.UUID) -> Response:
    """The change between a closed round and the closed round that it follows, and whether they can be compared."""
    return Response(
        DocumentOut.of(document_of(acting.session, round_id=round_id, by=acting.actor)).model_dump_json(),
        media_type="application/json",
    )


@router.get("/change.{kind}", response_class=Response, responses={**refusals(404, 409), **FILE_ANSWER})
def read_change_as_file(acting: Lead, round_id: uuid.UUID, kind: FileKind) -> Response:
    """The same as a file, marked internal."""
    file = render_file(document_of(acting.session, round_id=round_id, by=acting.actor), kind)
    return file_answer(acting, file, "round.change-fetched", round_id)
