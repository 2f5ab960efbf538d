"""The report by characteristics of cases over REST: true counts, for people who may read every audit behind them."""

import uuid
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from api.documents.document import Document
from api.documents.files import FileKind, render_file
from api.documents.json_document import FILE_ANSWER, DocumentOut
from api.foundation.http.dependencies import Transaction, heavy_reading
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import file_answer
from api.foundation.http.routing import Router
from api.foundation.local_time import local_date
from api.foundation.permissions import Permission
from api.reports.characteristics.document import characteristics_document, origin_of
from api.reports.characteristics.queries import characteristics_report
from models import now

router = Router(prefix="/rounds/{round_id}", tags=["Reports"])
Lead = Annotated[Transaction, heavy_reading(Permission.READ_REPORTS)]
By = Annotated[str, Query(max_length=40, description="The key of a characteristic. Default: the first in use.")]
One = Annotated[str, Query(max_length=40, description="The key of a group. Default: the largest.")]
Other = Annotated[str, Query(max_length=40, description="The key of the group to compare it with.")]


@router.get("/characteristics", response_model=DocumentOut, responses=refusals(404, 409))
def read_characteristics(acting: Lead, round_id: uuid.UUID, by: By = "", one: One = "", other: Other = "") -> Response:
    """The themes of a round for two groups of cases side by side, and for every group of a characteristic."""
    document = _document(acting, round_id, by, one, other)
    return Response(DocumentOut.of(document).model_dump_json(), media_type="application/json")


@router.get("/characteristics.{kind}", response_class=Response, responses={**refusals(404, 409), **FILE_ANSWER})
def read_characteristics_as_file(
    acting: Lead, round_id: uuid.UUID, kind: FileKind, by: By = "", one: One = "", other: Other = ""
) -> Response:
    """The same as a file, marked internal."""
    file = render_file(_document(acting, round_id, by, one, other), kind)
    return file_answer(acting, file, "round.characteristics-fetched", round_id)


def _document(acting: Transaction, round_id: uuid.UUID, by: str, one: str, other: str) -> Document:
    report = characteristics_report(acting.session, round_id=round_id, key=by, one=one, other=other, by=acting.actor)
    origin = origin_of(acting.session, report, by=acting.actor)
    return characteristics_document(report, made_on=local_date(now()), origin=origin)
