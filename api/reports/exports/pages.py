"""Exports as pages: asked for on a round's report, followed, left and come back to."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.replies import file_answer
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.reports.deleted_audits import deleted_in_words
from api.reports.exports import actions
from api.rounds import actions as rounds
from models import ExportState

router = Router(include_in_schema=False)
ReadingLead = Annotated[Transaction, reading(Permission.READ_REPORTS)]
Fetcher = Annotated[Transaction, reading(Permission.READ_REPORTS, recent=True)]
WritingLead = Annotated[Transaction, writing(Permission.READ_REPORTS)]
Exporter = Annotated[Transaction, writing(Permission.READ_REPORTS, recent=True)]

STATE_COLOURS = {
    ExportState.WAITING: "grey",
    ExportState.WRITING: "blue",
    ExportState.READY: "green",
    ExportState.FAILED: "red",
    ExportState.CANCELLED: "grey",
}


@router.post("/rounds/{round_id}/export")
def ask_for_export(acting: Exporter, round_id: uuid.UUID, form: PostedForm) -> Response:
    def make() -> Response:
        has_names = form.text("names") == "yes"
        made = actions.request_export(acting.session, round_id=round_id, has_names=has_names, by=acting.actor)
        return redirect(f"/exports/{made.id}")

    return submit_once(acting, form, make)


@router.get("/exports")
def list_exports(request: Request, acting: ReadingLead) -> Response:
    found = actions.of_person(acting.session, by=acting.actor)
    titles = {
        round_id: rounds.find_round(acting.session, round_id=round_id, by=acting.actor).title
        for round_id in {export.round_id for export in found}
    }
    return render(
        request, "reports/exports/list.html", acting=acting, found=found, titles=titles, colours=STATE_COLOURS
    )


@router.get("/exports/{export_id}")
def show_export(request: Request, acting: ReadingLead, export_id: uuid.UUID) -> Response:
    export = actions.find_export(acting.session, export_id=export_id, by=acting.actor)
    audit_round = rounds.find_round(acting.session, round_id=export.round_id, by=acting.actor)
    return render(
        request,
        "reports/exports/export.html",
        acting=acting,
        export=export,
        audit_round=audit_round,
        deleted=deleted_in_words(acting.session, [audit_round]),
        colours=STATE_COLOURS,
    )


@router.post("/exports/{export_id}/cancel")
def cancel_export(acting: WritingLead, export_id: uuid.UUID) -> Response:
    actions.cancel_export(acting.session, export_id=export_id, by=acting.actor)
    return redirect(f"/exports/{export_id}", notice="Export cancelled.")


@router.get("/exports/{export_id}/file")
def fetch_export(acting: Fetcher, export_id: uuid.UUID) -> Response:
    file = actions.fetch_export(acting.session, export_id=export_id, by=acting.actor)
    return file_answer(acting, file, "export.fetched", export_id)
