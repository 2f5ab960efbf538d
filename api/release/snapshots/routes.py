"""Snapshots over REST: made and published by leads, read by everybody and everything that may read what is released."""

import uuid
from datetime import datetime
from typing import Annotated, Self

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, StrictInt
from starlette.responses import Response

from api.documents.document import Document
from api.documents.files import FileKind, render_file
from api.documents.json_document import FILE_ANSWER, DocumentOut
from api.foundation.http.dependencies import (
    ActorRequest,
    Computed,
    IdempotencyKey,
    Long,
    Page,
    Transaction,
    computing,
    heavy_reading,
    reading,
    writing,
)
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import file_answer, json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.jobs.routes import ASKED
from api.jobs.routes import asked as job_asked
from api.release.snapshots import actions
from api.release.snapshots.actions import LONGEST_TITLE, NewSnapshot, PreparedSnapshot
from api.release.snapshots.document import document_of
from api.release.snapshots.long_work import MakeSnapshot
from api.release.snapshots.queries import read_released
from api.release.snapshots.splits import MOST_CHARACTERISTICS
from api.reports.breakdowns import SPLITS
from checklists.release.disclosure import SMALLEST
from models import Snapshot

router = Router(prefix="/snapshots", tags=["Snapshots"])
Reader = Annotated[Transaction, reading(Permission.READ_SNAPSHOTS)]
FileReader = Annotated[Transaction, heavy_reading(Permission.READ_SNAPSHOTS)]
Maker = Annotated[Transaction, writing(Permission.WRITE_SNAPSHOTS)]


class SnapshotIn(BaseModel):
    """A title for readers, the smallest number shown, which can be raised but not lowered, and the characteristics of
    cases that it is split by.
    """

    model_config = ConfigDict(extra="forbid")

    round_id: uuid.UUID
    title: Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE)]
    smallest: Annotated[
        StrictInt, Field(ge=SMALLEST, le=100, description="A theme with fewer applicable answers is hidden.")
    ] = SMALLEST
    characteristics: Annotated[
        list[Annotated[str, Field(max_length=40)]] | None,
        Field(
            max_length=MOST_CHARACTERISTICS,
            description=(
                "Keys of characteristics of cases to split the snapshot by. All snapshots of a round are split by the "
                "same ones. Default: none, or those of the earlier snapshot of the round."
            ),
        ),
    ] = None

    @property
    def content(self) -> NewSnapshot:
        chosen = self.characteristics
        return NewSnapshot(self.title, self.smallest, None if chosen is None else tuple(chosen))


class SnapshotOut(BaseModel):
    id: uuid.UUID
    round_id: uuid.UUID
    title: str
    made_at: datetime
    published_at: datetime | None
    smallest: int = Field(description="A theme with fewer applicable answers is hidden.")
    within: int | None = Field(
        description=(
            "The maximum difference between a number and the true number. Null in a snapshot under the former rule."
        )
    )
    rounding: int | None = Field(description="Former rule only: numbers are rounded to the nearest multiple of this.")
    small_gap: int | None = Field(
        description=(
            "Former rule only: this many or fewer answers below the standard, or not below the standard, are hidden."
        )
    )

    @classmethod
    def of(cls, snapshot: Snapshot) -> Self:
        return cls(
            id=snapshot.id,
            round_id=snapshot.round_id,
            title=snapshot.title,
            made_at=snapshot.made_at,
            published_at=snapshot.published_at,
            smallest=snapshot.smallest,
            within=snapshot.within,
            rounding=snapshot.rounding if snapshot.within is None else None,
            small_gap=snapshot.small_gap if snapshot.within is None else None,
        )


class SnapshotList(BaseModel):
    items: list[SnapshotOut]
    after: str | None


@router.get("", response_model=SnapshotList)
def list_snapshots(acting: Reader, page: Page) -> SnapshotList:
    """The organisation's snapshots, newest first."""
    found = actions.newest_first(acting.session, limit=page.to_fetch, after=page.after_id, by=acting.actor)
    shown, after = page.cut(found, key=lambda each: each.id)
    return SnapshotList(
        items=[SnapshotOut.of(snapshot) for snapshot in shown],
        after=after,
    )


@router.post("", status_code=201, response_model=SnapshotOut, responses=refusals(400, 404, 409) | ASKED)
def make_snapshot(
    asking: Annotated[ActorRequest, computing(Permission.WRITE_SNAPSHOTS)],  # noqa: ARG001 - declares what it needs
    key: IdempotencyKey,
    new: SnapshotIn,
) -> Computed:
    """Create a snapshot of a round's report under disclosure control."""

    def prepare(acting: Transaction) -> PreparedSnapshot:
        return work(acting).prepare_at_once(acting.session, acting.actor)

    def store(acting: Transaction, prepared: PreparedSnapshot) -> Response:
        made = actions.store_snapshot(acting.session, prepared, by=acting.actor)
        return json_reply(SnapshotOut.of(made), status=201, location=f"/api/v1/snapshots/{made.id}")

    def work(_: Transaction) -> MakeSnapshot:
        return MakeSnapshot(new.round_id, new.content)

    return Computed(prepare, store, key=key, long=Long(work, job_asked, _show_made))


def _show_made(acting: Transaction, snapshot_id: uuid.UUID) -> Response:
    made = actions.find_snapshot(acting.session, snapshot_id=snapshot_id, by=acting.actor)
    return json_reply(SnapshotOut.of(made), status=201, location=f"/api/v1/snapshots/{made.id}")


@router.get("/{snapshot_id}", response_model=SnapshotOut, responses=refusals(404))
def read_snapshot(acting: Reader, snapshot_id: uuid.UUID) -> SnapshotOut:
    """The details of a snapshot. Its figures are in its report."""
    return SnapshotOut.of(actions.find_snapshot(acting.session, snapshot_id=snapshot_id, by=acting.actor))


@router.post("/{snapshot_id}/publish", response_model=SnapshotOut, responses=refusals(400, 404))
def publish_snapshot(acting: Maker, key: IdempotencyKey, snapshot_id: uuid.UUID) -> Response:
    """Include a snapshot in comparisons across organisations."""

    def make() -> Response:
        return json_reply(
            SnapshotOut.of(actions.publish_snapshot(acting.session, snapshot_id=snapshot_id, by=acting.actor))
        )

    return run_once(acting, key, make)


def asked(request: Request) -> dict[str, list[str]]:
    """The filters of a query, each name with every value that it was given."""
    return {name: request.query_params.getlist(name) for name in request.query_params}


def _document(acting: Transaction, snapshot_id: uuid.UUID, request: Request) -> Document:
    """The snapshot's report, whole or as far as the query filters it. Raises Invalid for any other question."""
    snapshot = actions.find_snapshot(acting.session, snapshot_id=snapshot_id, by=acting.actor)
    return document_of(snapshot, read_released(acting.session, snapshot), asked(request))


# The routes read the query themselves, to refuse every other one; this is what the document says of it.
FILTERS = {
    "parameters": [
        {
            "name": dimension.value,
            "in": "query",
            "description": "Return only this value. Use no more than 2 different filters, each with 1 value.",
            "schema": {"type": "string", "maxLength": 60},
        }
        for dimension in SPLITS
    ]
}


@router.get("/{snapshot_id}/report", response_model=DocumentOut, responses=refusals(404), openapi_extra=FILTERS)
def read_snapshot_report(request: Request, acting: Reader, snapshot_id: uuid.UUID) -> Response:
    """The released report: in total, for 1 value of a dimension, or for 2 values of different dimensions.

    A snapshot that is split by a characteristic of cases, such as `sex`, has the dimension `characteristic:sex` too.
    """
    return Response(
        DocumentOut.of(_document(acting, snapshot_id, request)).model_dump_json(), media_type="application/json"
    )


@router.get(
    "/{snapshot_id}/report.{kind}",
    response_class=Response,
    responses={**refusals(404), **FILE_ANSWER},
    openapi_extra=FILTERS,
)
def read_snapshot_report_as_file(
    request: Request, acting: FileReader, snapshot_id: uuid.UUID, kind: FileKind
) -> Response:
    """The same report as a file."""
    file = render_file(_document(acting, snapshot_id, request), kind)
    return file_answer(acting, file, "snapshot.fetched", snapshot_id)
