"""The page on which an auditor writes strengths and areas for development, and marks exemplary practice."""

import uuid
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from api.audits import actions as audits
from api.audits.actions import ReadAudit
from api.audits.beside.section_pages import save_section, show_section
from api.audits.parts import audit_path_of, can_score
from api.audits.theme_notes import actions
from api.audits.theme_notes.actions import NewNote, version_of_notes
from api.audits.theme_notes.parts import TITLE, theme_notes_section
from api.audits.theme_notes.queries import WHOLE
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect
from api.foundation.permissions import Permission
from api.foundation.problems import Problem
from models import ThemeNote

router = Router(include_in_schema=False)

ReadingScorer = Annotated[Transaction, reading(Permission.SCORE_AUDITS)]
WritingScorer = Annotated[Transaction, writing(Permission.SCORE_AUDITS)]


@router.get("/audits/{audit_id}/theme-notes")
def show_form(
    request: Request,
    acting: ReadingScorer,
    audit_id: uuid.UUID,
    came_from: Annotated[str, Query(alias="from", max_length=20)] = "",
) -> Response:
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    if not (can_score(acting.actor, found) and found.template.further.strengths):
        return redirect(f"{audit_path_of(found)}#theme-notes")
    return _page(request, acting, found, came_from=came_from)


@router.post("/audits/{audit_id}/theme-notes")
def save(request: Request, acting: WritingScorer, audit_id: uuid.UUID, form: PostedForm) -> Response:
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    new = _typed(found, form)
    typed = [
        (f"{found.template.theme(theme).label}: {label}", words)
        for theme, note in new.items()
        if theme != WHOLE
        for label, words in (("strengths", note.strengths), ("areas for development", note.development))
    ]

    def show_again(fresh: ReadAudit, problem: Problem) -> Response:
        return _page(request, acting, fresh, came_from=form.text("from"), problem=problem, form=form)

    return save_section(
        request,
        acting,
        found,
        form,
        write=lambda: actions.write_theme_notes(
            acting.session, audit_id=audit_id, new=new, version=form.version, by=acting.actor
        ),
        texts=typed,
        show_again=show_again,
        notice="Strengths and areas for development saved.",
    )


def _typed(found: ReadAudit, form: TypedForm) -> dict[str, NewNote]:
    """The notes as they were typed; of the whole and of themes with nothing typed and nothing ticked, none."""
    notes = {theme: _typed_note(found, form, theme) for theme in found.template.theme_keys}
    marks = form.texts("whole/worker_agrees")
    notes[WHOLE] = NewNote(exemplary="exemplary" in marks, worker_agrees="agrees" in marks)
    return {theme: note for theme, note in notes.items() if note != NewNote(keep_names=note.keep_names)}


def _typed_note(found: ReadAudit, form: TypedForm, theme: str) -> NewNote:
    was, place = found.theme_notes.get(theme), f"themes/{theme}"
    marks = form.texts(f"{place}/worker_agrees")
    return NewNote(
        form.text_or_stored(f"{place}/strengths", was.strengths if was else ""),
        form.text_or_stored(f"{place}/development", was.development if was else ""),
        exemplary="exemplary" in marks,
        worker_agrees="agrees" in marks,
        keep_names=form.keep_names(f"{place}/"),
    )


def _page(
    request: Request,
    acting: Transaction,
    found: ReadAudit,
    *,
    came_from: str = "",
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    return show_section(
        request,
        acting,
        found,
        page="audits/theme_notes/theme_notes.html",
        called="The strengths and areas for development were",
        version=version_of_notes(found.theme_notes),
        came_from=came_from,
        problem=problem,
        form=form,
        title=TITLE,
        section=theme_notes_section(found),
        themes=[
            theme
            for theme in found.template.themes
            if theme.key in found.asked.themes or theme.key in found.theme_notes
        ],
        marked=_marked,
        marks=[
            {"value": "exemplary", "text": "This is exemplary practice"},
            {"value": "agrees", "text": "The practitioner agrees to share this with others"},
        ],
    )


def _marked(note: ThemeNote | None) -> list[str]:
    """The boxes that are ticked for a stored note."""
    if note is None or not note.exemplary:
        return []
    return ["exemplary", "agrees"] if note.worker_agrees else ["exemplary"]
