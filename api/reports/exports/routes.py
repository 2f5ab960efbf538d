"""Exports over REST: every answer of a round with its free text, requested, followed and downloaded."""

import uuid
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool
from starlette.responses import Response

from api.foundation.http.dependencies import IdempotencyKey, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import file_answer, json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.reports.exports import actions
from models import Export, ExportState

router = Router(prefix="/exports", tags=["Exports"])
ReadingLead = Annotated[Transaction, reading(Permission.READ_REPORTS)]
Fetcher = Annotated[Transaction, reading(Permission.READ_REPORTS, recent=True)]
WritingLead = Annotated[Transaction, writing(Permission.READ_REPORTS)]
Exporter = Annotated[Transaction, writing(Permission.READ_REPORTS, recent=True)]


class NewExport(BaseModel):
    model_config = ConfigDict(extra="forbid")

    round_id: uuid.UUID
    has_names: StrictBool = Field(
        default=False,
        description="Whether to name auditors. Only people who can view the list of people can request names; "
        'otherwise auditors are numbered, such as "Auditor 3".',
    )


class ExportOut(BaseModel):
    id: uuid.UUID
    round_id: uuid.UUID
    has_names: bool = Field(description="Whether auditors are named.")
    state: ExportState
    audits: int = Field(description="Number of audits in the export; 0 until the export starts.")
    written: int = Field(description="Number of audits written so far.")
    made_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, export: Export) -> Self:
        return cls(
            id=export.id,
            round_id=export.round_id,
            has_names=export.has_names,
            state=export.state,
            audits=export.audits,
            written=export.written,
            made_at=export.made_at,
            finished_at=export.finished_at,
        )


class ExportList(BaseModel):
    items: list[ExportOut]


@router.get("", response_model=ExportList)
def list_exports(acting: ReadingLead) -> ExportList:
    """Your own exports, newest first. Exports are kept for 7 days."""
    return ExportList(items=[ExportOut.of(export) for export in actions.of_person(acting.session, by=acting.actor)])


@router.post("", status_code=202, response_model=ExportOut, responses=refusals(400, 404, 409))
def ask_for_export(acting: Exporter, key: IdempotencyKey, new: NewExport) -> Response:
    """Request an export of every counted answer in a round, with text. The export is written in the background."""

    def make() -> Response:
        made = actions.request_export(acting.session, round_id=new.round_id, has_names=new.has_names, by=acting.actor)
        return json_reply(ExportOut.of(made), status=202, location=f"/api/v1/exports/{made.id}")

    return run_once(acting, key, make)


@router.get("/{export_id}", response_model=ExportOut, responses=refusals(404))
def read_export(acting: ReadingLead, export_id: uuid.UUID) -> ExportOut:
    """The progress of an export."""
    return ExportOut.of(actions.find_export(acting.session, export_id=export_id, by=acting.actor))


@router.post("/{export_id}/cancel", response_model=ExportOut, responses=refusals(404, 409))
def cancel_export(acting: WritingLead, export_id: uuid.UUID) -> ExportOut:
    """Cancel an export that is not ready. No file is kept."""
    return ExportOut.of(actions.cancel_export(acting.session, export_id=export_id, by=acting.actor))


@router.get(
    "/{export_id}/file",
    response_class=Response,
    responses={
        **refusals(404, 409),
        200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}},
    },
)
def fetch_export(acting: Fetcher, export_id: uuid.UUID) -> Response:
    """Download an export that is ready: a zip file with 1 line for each answer, 1 for each audit, and a codebook."""
    file = actions.fetch_export(acting.session, export_id=export_id, by=acting.actor)
    return file_answer(acting, file, "export.fetched", export_id)
