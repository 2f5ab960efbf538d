"""The page of the pack for a team's discussion."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.documents.files import FileKind, render_file
from api.foundation.http.dependencies import Transaction, heavy_reading, reading
from api.foundation.http.replies import file_answer
from api.foundation.http.routing import Router
from api.foundation.pages.rendering import render
from api.foundation.permissions import Permission
from api.foundation.problems import Invalid, Problem
from api.release.discussion.document import document_of, widest_gaps
from api.release.snapshots import actions as snapshots
from api.release.snapshots.pages import asked
from api.release.snapshots.queries import read_released

router = Router(include_in_schema=False)

Reader = Annotated[Transaction, reading(Permission.READ_SNAPSHOTS)]
FileReader = Annotated[Transaction, heavy_reading(Permission.READ_SNAPSHOTS)]


@router.get("/snapshots/{snapshot_id}/discussion")
def show_pack(request: Request, acting: Reader, snapshot_id: uuid.UUID) -> Response:
    """The pack of all audits, or of one team or another cell of the snapshot."""
    snapshot = snapshots.find_snapshot(acting.session, snapshot_id=snapshot_id, by=acting.actor)
    report = read_released(acting.session, snapshot)
    filters = asked(request)
    problem: Problem | None = None
    try:
        document = document_of(snapshot, report, filters)
    except Invalid as refused:
        problem, document = refused, document_of(snapshot, report, {})
    teams = report.labels.get("team", {})
    return render(
        request,
        "release/discussion/pack.html",
        acting=acting,
        status=200 if problem is None else problem.status,
        faults=() if problem is None else problem.faults,
        typed=filters,
        document=document,
        snapshot_path=f"/snapshots/{snapshot_id}",
        query=request.url.query if filters and problem is None else "",
        teams=[{"value": key, "text": label} for key, label in teams.items()],
        round_id=snapshot.round_id,
        widest=[gap.key for gap in widest_gaps(report.gaps(report.group({} if problem else filters)[1]))],
    )


@router.get("/snapshots/{snapshot_id}/discussion.{kind}")
def show_pack_as_file(request: Request, acting: FileReader, snapshot_id: uuid.UUID, kind: FileKind) -> Response:
    snapshot = snapshots.find_snapshot(acting.session, snapshot_id=snapshot_id, by=acting.actor)
    file = render_file(document_of(snapshot, read_released(acting.session, snapshot), asked(request)), kind)
    return file_answer(acting, file, "snapshot.pack-fetched", snapshot_id)
