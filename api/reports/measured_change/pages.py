"""The measured change as a page and as files, and the step to it on the page of a round."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.documents.files import FileKind, render_file
from api.foundation.http.dependencies import Transaction, heavy_reading
from api.foundation.http.replies import file_answer
from api.foundation.http.routing import Router
from api.foundation.local_time import local_date
from api.foundation.pages.rendering import render
from api.foundation.permissions import Permission
from api.foundation.problems import is_allowed
from api.reports.measured_change.document import change_document, document_of, origin_of
from api.reports.measured_change.queries import check_can_measure, measured_change
from api.rounds.hooks import ShownRound, Step
from api.rounds.queries import round_before
from models import now

router = Router(include_in_schema=False)

Lead = Annotated[Transaction, heavy_reading(Permission.READ_REPORTS)]


@router.get("/rounds/{round_id}/change")
def show_change(request: Request, acting: Lead, round_id: uuid.UUID) -> Response:
    found = measured_change(acting.session, round_id=round_id, by=acting.actor)
    origin = origin_of(acting.session, found, by=acting.actor)
    return render(
        request,
        "reports/measured_change/change.html",
        acting=acting,
        document=change_document(found, made_on=local_date(now()), origin=origin),
        audit_round=found.now.rounds[0],
    )


@router.get("/rounds/{round_id}/change.{kind}")
def show_change_as_file(acting: Lead, round_id: uuid.UUID, kind: FileKind) -> Response:
    file = render_file(document_of(acting.session, round_id=round_id, by=acting.actor), kind)
    return file_answer(acting, file, "round.change-fetched", round_id)


def measuring(seen: ShownRound) -> Step | None:
    """The step to the change that a closed round measured."""
    if not is_allowed(check_can_measure, seen.round, round_before(seen.session, seen.round)):
        return None
    return Step("Measured change", f"/rounds/{seen.round.id}/change", 6)
