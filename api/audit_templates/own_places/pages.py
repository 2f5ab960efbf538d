"""The pages on which an organisation adds its own lines on where to look."""

import uuid
from typing import Annotated

from fastapi import Path, Request
from starlette.responses import Response

from api.audit_templates.own_places import actions
from api.audit_templates.pages import Reader, ReadingWriter, WritingWriter
from api.foundation.http.dependencies import Transaction
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Fault, Problem, Stale

router = Router(include_in_schema=False, prefix="/templates/{template_id}/where-to-look")

ThemeKey = Annotated[str, Path(max_length=60)]


@router.get("")
def list_places(request: Request, acting: Reader, template_id: uuid.UUID) -> Response:
    return render(
        request,
        "audit_templates/own_places/list.html",
        acting=acting,
        found=actions.newest_version(acting.session, template_id=template_id, by=acting.actor),
        places=actions.list_places(acting.session, template_id=template_id, by=acting.actor),
        may_write=acting.actor.may(Permission.WRITE_TEMPLATES),
    )


@router.get("/{theme}")
def ask_place(request: Request, acting: ReadingWriter, template_id: uuid.UUID, theme: ThemeKey) -> Response:
    return _form(request, acting, template_id, theme)


@router.post("/{theme}")
def write_place(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, theme: ThemeKey, form: PostedForm
) -> Response:
    try:
        with acting.attempt():
            actions.write_place(
                acting.session,
                template_id=template_id,
                theme=theme,
                words=form.text("words"),
                version=form.version,
                by=acting.actor,
            )
    except Problem as problem:
        return _form(request, acting, template_id, theme, form=form, problem=problem)
    return redirect(f"/templates/{template_id}/where-to-look", notice="Saved.")


def _form(
    request: Request,
    acting: Transaction,
    template_id: uuid.UUID,
    theme: str,
    *,
    form: TypedForm | None = None,
    problem: Problem | None = None,
) -> Response:
    place = actions.place_of(acting.session, template_id=template_id, theme=theme, by=acting.actor)
    is_stale = isinstance(problem, Stale)
    words = "This text changed after you opened the page. If you save again, your text replaces it."
    return render(
        request,
        "audit_templates/own_places/edit.html",
        acting=acting,
        refusal=problem,
        form=form,
        faults=(Fault("words", words),) if is_stale else None,
        place=place,
        # If somebody else changed the text, the page now shows their version, and the next save replaces that one.
        version=place.version if form is None or is_stale else form.version,
        template_id=template_id,
        is_stale=is_stale,
    )
