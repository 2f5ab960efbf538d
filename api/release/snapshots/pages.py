"""Snapshots as pages: making one, reading it whole or filtered, publishing it."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.case_files.characteristics.queries import characteristics_in_use
from api.documents.files import FileKind, render_file
from api.foundation.http.dependencies import (
    ActorRequest,
    Computed,
    Long,
    Page,
    Transaction,
    computing,
    heavy_reading,
    reading,
    writing,
)
from api.foundation.http.replies import file_answer
from api.foundation.http.routing import Router
from api.foundation.jobs.ahead import expect_job
from api.foundation.pages.forms import PostedForm, key_of
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Fault, Invalid, Problem
from api.jobs.pages import asked as job_asked
from api.release.briefings import actions as briefings
from api.release.snapshots import actions
from api.release.snapshots.actions import NewSnapshot, PreparedSnapshot
from api.release.snapshots.document import document_of
from api.release.snapshots.long_work import MakeSnapshot
from api.release.snapshots.queries import read_released
from api.release.snapshots.splits import MOST_CHARACTERISTICS
from api.rounds import actions as rounds
from checklists.release.disclosure import SMALLEST
from models import Round

router = Router(include_in_schema=False)

Reader = Annotated[Transaction, reading(Permission.READ_SNAPSHOTS)]
FileReader = Annotated[Transaction, heavy_reading(Permission.READ_SNAPSHOTS)]
ReadingMaker = Annotated[Transaction, reading(Permission.WRITE_SNAPSHOTS)]
WritingMaker = Annotated[Transaction, writing(Permission.WRITE_SNAPSHOTS)]


@router.get("/snapshots")
def list_snapshots(request: Request, acting: Reader, page: Page) -> Response:
    found = actions.newest_first(acting.session, limit=page.to_fetch, after=page.after_id, by=acting.actor)
    shown, after = page.cut(found, key=lambda each: each.id)
    return render(
        request,
        "release/snapshots/list.html",
        acting=acting,
        found=shown,
        may_make=acting.actor.may(Permission.WRITE_SNAPSHOTS),
        after=after,
        first=page.after is None,
    )


@router.get("/rounds/{round_id}/snapshot")
def new_snapshot(request: Request, acting: ReadingMaker, round_id: uuid.UUID) -> Response:
    audit_round = rounds.find_round(acting.session, round_id=round_id, by=acting.actor)
    work = MakeSnapshot(round_id, NewSnapshot(""))
    expect_job(request.app.state.workers, acting.session, work, by=acting.actor)
    return _form_page(request, acting, audit_round)


@router.post("/rounds/{round_id}/snapshot", response_model=None)
def make_snapshot(
    request: Request,
    asking: Annotated[ActorRequest, computing(Permission.WRITE_SNAPSHOTS)],  # noqa: ARG001 - declares what it needs
    round_id: uuid.UUID,
    form: PostedForm,
) -> Computed:
    def asked() -> NewSnapshot:
        new = NewSnapshot(
            title=form.text("title").strip(),
            smallest=form.whole_number("smallest", "Smallest number shown", least=SMALLEST, most=100) or 0,
            characteristics=tuple(form.texts("characteristics")) or None,
        )
        form.check()
        return new

    def prepare(acting: Transaction) -> PreparedSnapshot:
        return MakeSnapshot(round_id, asked()).prepare_at_once(acting.session, acting.actor)

    def store(acting: Transaction, prepared: PreparedSnapshot) -> Response:
        made = actions.store_snapshot(acting.session, prepared, by=acting.actor)
        return _show_made(acting, made.id)

    def refused(acting: Transaction, problem: Problem) -> Response:
        audit_round = rounds.find_round(acting.session, round_id=round_id, by=acting.actor)
        return _form_page(request, acting, audit_round, problem=problem, form=form)

    long = Long(lambda _: MakeSnapshot(round_id, asked()), job_asked, _show_made)
    return Computed(prepare, store, key=key_of(form), refused=refused, long=long)


def _show_made(_: Transaction, snapshot_id: uuid.UUID) -> Response:
    return redirect(f"/snapshots/{snapshot_id}", notice="Snapshot created. It will never change.")


@router.get("/snapshots/{snapshot_id}")
def show_snapshot(request: Request, acting: Reader, snapshot_id: uuid.UUID) -> Response:
    """The released report; why a choice cannot be answered is shown beside the filters."""
    snapshot = actions.find_snapshot(acting.session, snapshot_id=snapshot_id, by=acting.actor)
    report = read_released(acting.session, snapshot)
    filters = asked(request)
    problem: Problem | None = None
    try:
        document = document_of(snapshot, report, filters)
    except Invalid as refused:
        problem, document = refused, document_of(snapshot, report, {})
    return render(
        request,
        "release/snapshots/snapshot.html",
        acting=acting,
        status=200 if problem is None else problem.status,
        faults=() if problem is None else problem.faults,
        typed=filters,
        snapshot=snapshot,
        document=document,
        filters=[
            {
                "name": split.value,
                "label": split.label,
                "items": [{"value": key, "text": label} for key, label in report.labels[split.value].items()],
            }
            for split in report.splits
        ],
        query=request.url.query if filters and problem is None else "",
        briefings=briefings.of_snapshot(acting.session, snapshot_id=snapshot_id, by=acting.actor),
        may_make=acting.actor.may(Permission.WRITE_SNAPSHOTS),
    )


@router.get("/snapshots/{snapshot_id}/report.{kind}")
def show_snapshot_as_file(request: Request, acting: FileReader, snapshot_id: uuid.UUID, kind: FileKind) -> Response:
    snapshot = actions.find_snapshot(acting.session, snapshot_id=snapshot_id, by=acting.actor)
    report = read_released(acting.session, snapshot)
    file = render_file(document_of(snapshot, report, asked(request)), kind)
    return file_answer(acting, file, "snapshot.fetched", snapshot_id)


@router.post("/snapshots/{snapshot_id}/publish")
def publish_snapshot(acting: WritingMaker, snapshot_id: uuid.UUID) -> Response:
    actions.publish_snapshot(acting.session, snapshot_id=snapshot_id, by=acting.actor)
    return redirect(
        f"/snapshots/{snapshot_id}", notice="Snapshot published. Comparisons across organisations can now include it."
    )


def asked(request: Request) -> dict[str, list[str]]:
    """The filters of a query. A form sends its empty choices too, and they ask for nothing."""
    query = request.query_params
    return {name: values for name in query if (values := [each for each in query.getlist(name) if each])}


def _form_page(
    request: Request,
    acting: Transaction,
    audit_round: Round,
    *,
    problem: Problem | None = None,
    form: PostedForm | None = None,
) -> Response:
    faults = () if problem is None else problem.faults or (Fault("", problem.detail),)
    return render(
        request,
        "release/snapshots/new.html",
        acting=acting,
        status=200 if problem is None else problem.status,
        faults=faults,
        typed=None if form is None else form.typed,
        audit_round=audit_round,
        former=actions.snapshot_under_former_rule(acting.session, round_id=audit_round.id, by=acting.actor),
        smallest=SMALLEST,
        split_by=actions.titles_of_characteristics(acting.session, round_id=audit_round.id, by=acting.actor),
        offered=[
            {"value": each.key, "text": each.title}
            for each in characteristics_in_use(acting.session, acting.actor.organisation_id)
        ],
        most=MOST_CHARACTERISTICS,
    )
