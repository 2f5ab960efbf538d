"""7-minute briefings as pages: begun from a snapshot, edited, read and taken along."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.documents.files import FileKind, render_file
from api.foundation.http.dependencies import Transaction, heavy_reading, reading, writing
from api.foundation.http.replies import file_answer
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Fault, Invalid, Problem, Stale, is_allowed
from api.release.briefings import actions
from api.release.briefings.document import document_of, parts_of, since_of, words_of
from api.release.snapshots import actions as snapshots
from api.release.snapshots.queries import read_released
from api.reports.conclusions.queries import check_can_read_conclusions, list_conclusions
from checklists.audits.conclusion import FOR_REPORTS
from models import Briefing

router = Router(include_in_schema=False)

Reader = Annotated[Transaction, reading(Permission.READ_SNAPSHOTS)]
FileReader = Annotated[Transaction, heavy_reading(Permission.READ_SNAPSHOTS)]
ReadingWriter = Annotated[Transaction, reading(Permission.WRITE_SNAPSHOTS)]
WritingWriter = Annotated[Transaction, writing(Permission.WRITE_SNAPSHOTS)]
WORDS = "words/"
# The most audits whose conclusions are shown beside the form; a separate page shows all.
MOST_BESIDE = 20


@router.post("/snapshots/{snapshot_id}/briefing")
def make_briefing(acting: WritingWriter, snapshot_id: uuid.UUID, form: PostedForm) -> Response:
    def make() -> Response:
        snapshot = snapshots.find_snapshot(acting.session, snapshot_id=snapshot_id, by=acting.actor)
        made = actions.create_briefing(acting.session, snapshot_id=snapshot_id, title=snapshot.title, by=acting.actor)
        return redirect(f"/briefings/{made.id}/edit", notice="Briefing created with figures. Add your own text.")

    return submit_once(acting, form, make)


@router.get("/briefings/{briefing_id}")
def show_briefing(request: Request, acting: Reader, briefing_id: uuid.UUID) -> Response:
    briefing = actions.find_briefing(acting.session, briefing_id=briefing_id, by=acting.actor)
    return render(
        request,
        "release/briefings/briefing.html",
        acting=acting,
        briefing=briefing,
        document=document_of(acting.session, briefing, by=acting.actor),
        may_write=acting.actor.may(Permission.WRITE_SNAPSHOTS),
    )


@router.get("/briefings/{briefing_id}/document.{kind}")
def show_briefing_as_file(acting: FileReader, briefing_id: uuid.UUID, kind: FileKind) -> Response:
    briefing = actions.find_briefing(acting.session, briefing_id=briefing_id, by=acting.actor)
    file = render_file(document_of(acting.session, briefing, by=acting.actor), kind)
    return file_answer(acting, file, "briefing.fetched", briefing_id)


@router.get("/briefings/{briefing_id}/edit")
def edit_briefing(request: Request, acting: ReadingWriter, briefing_id: uuid.UUID) -> Response:
    return _form_page(request, acting, actions.find_briefing(acting.session, briefing_id=briefing_id, by=acting.actor))


@router.post("/briefings/{briefing_id}/edit")
def change_briefing(request: Request, acting: WritingWriter, briefing_id: uuid.UUID, form: PostedForm) -> Response:
    briefing = actions.find_briefing(acting.session, briefing_id=briefing_id, by=acting.actor)
    words = {name.removeprefix(WORDS): form.text(name) for name in form.typed if name.startswith(WORDS)}
    try:
        with acting.attempt():
            actions.change_briefing(
                acting.session,
                briefing_id=briefing_id,
                title=form.text("title").strip(),
                words=words,
                version=form.version,
                by=acting.actor,
                keep_names=form.keep_names(),
                share_numbers=form.has("share_numbers"),
            )
    except (Invalid, Stale) as problem:
        briefing = actions.find_briefing(acting.session, briefing_id=briefing_id, by=acting.actor)
        return _form_page(request, acting, briefing, problem=problem, form=form)
    return redirect(f"/briefings/{briefing_id}", notice="Briefing saved.")


def _form_page(
    request: Request,
    acting: Transaction,
    briefing: Briefing,
    *,
    problem: Problem | None = None,
    form: PostedForm | None = None,
) -> Response:
    snapshot = snapshots.find_snapshot(acting.session, snapshot_id=briefing.snapshot_id, by=acting.actor)
    report = read_released(acting.session, snapshot)
    faults = () if problem is None else problem.faults or (Fault("", problem.detail),)
    return render(
        request,
        "release/briefings/edit.html",
        acting=acting,
        refusal=problem,
        form=form,
        briefing=briefing,
        parts=parts_of(report, since_of(acting.session, snapshot, report)),
        words=words_of(briefing),
        prefix=WORDS,
        asks_about_numbers=any(place.kind == actions.SMALL_NUMBER for fault in faults for place in fault.places),
        conclusions_path=f"/rounds/{snapshot.round_id}/conclusions",
        conclusions=_conclusions(acting, snapshot.round_id),
    )


def _conclusions(acting: Transaction, round_id: uuid.UUID) -> list[tuple[str, list[tuple[str, str]]]]:
    """What auditors of the round wrote, by part: references and texts to read beside the form. None of it is released
    unless the lead writes it again.
    """
    if not is_allowed(check_can_read_conclusions, by=acting.actor):
        return []
    found = list_conclusions(acting.session, round_id=round_id, limit=MOST_BESIDE, by=acting.actor)
    by_part = (
        (part.label, [(each.reference, each.texts[part]) for each in found if part in each.texts])
        for part in FOR_REPORTS
    )
    return [(label, texts) for label, texts in by_part if texts]
