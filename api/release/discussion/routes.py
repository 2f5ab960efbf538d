"""The pack for a team's discussion over REST."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.documents.document import Document
from api.documents.files import FileKind, render_file
from api.documents.json_document import FILE_ANSWER, DocumentOut
from api.foundation.http.dependencies import Transaction, heavy_reading, reading
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import file_answer
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.release.discussion.document import document_of
from api.release.snapshots import actions as snapshots
from api.release.snapshots.queries import read_released
from api.release.snapshots.routes import FILTERS, asked

router = Router(prefix="/snapshots/{snapshot_id}", tags=["Snapshots"])

Reader = Annotated[Transaction, reading(Permission.READ_SNAPSHOTS)]
FileReader = Annotated[Transaction, heavy_reading(Permission.READ_SNAPSHOTS)]


@router.get("/discussion", response_model=DocumentOut, responses=refusals(404), openapi_extra=FILTERS)
def read_pack(request: Request, acting: Reader, snapshot_id: uuid.UUID) -> Response:
    """A pack for the discussion of a team: strengths, two widest gaps, what good looks like, questions. Released."""
    document = _document(request, acting, snapshot_id)
    return Response(DocumentOut.of(document).model_dump_json(), media_type="application/json")


@router.get(
    "/discussion.{kind}",
    response_class=Response,
    responses={**refusals(404), **FILE_ANSWER},
    openapi_extra=FILTERS,
)
def read_pack_as_file(request: Request, acting: FileReader, snapshot_id: uuid.UUID, kind: FileKind) -> Response:
    """The same pack as a file."""
    file = render_file(_document(request, acting, snapshot_id), kind)
    return file_answer(acting, file, "snapshot.pack-fetched", snapshot_id)


def _document(request: Request, acting: Transaction, snapshot_id: uuid.UUID) -> Document:
    snapshot = snapshots.find_snapshot(acting.session, snapshot_id=snapshot_id, by=acting.actor)
    return document_of(snapshot, read_released(acting.session, snapshot), asked(request))
