"""How every form of the editor is shown and saved, and how parts of a draft are moved and removed."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from fastapi import Request
from starlette.responses import Response

from api.audit_templates import actions as templates
from api.audit_templates import drafts as template_drafts
from api.audit_templates import references
from api.audit_templates.actions import FoundVersion
from api.audit_templates.drafts import Document
from api.audit_templates.editor.parts import Part, faults_on
from api.audit_templates.making_pages import faults_of, without_duplicates
from api.audit_templates.pages import Number, ReadingWriter, WritingWriter, address_of, context_of
from api.foundation.http.dependencies import Transaction
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.problems import BadRequest, Conflict, Fault, Problem, Stale

NEEDS_FORMAT_2: Final = "This part is only available in format 2. On the draft page, select “Use format 2” first."


def draft_of(acting: Transaction, template_id: uuid.UUID, number: int) -> FoundVersion:
    """The draft. Raises NotFound, and Conflict for a version that is no draft."""
    found = templates.find_version(acting.session, template_id=template_id, number=number, by=acting.actor)
    if not found.is_draft:
        raise Conflict("This version is published and cannot be changed. Start a new version instead.")
    return found


def draft_in_format_2(acting: Transaction, template_id: uuid.UUID, number: int) -> FoundVersion:
    """The draft. Raises Conflict for one of format 1, too."""
    found = draft_of(acting, template_id, number)
    if found.content.is_format_1:
        raise Conflict(NEEDS_FORMAT_2)
    return found


def steps_of(form: TypedForm) -> int:
    """By how many places to move a part, from the button that was pressed."""
    steps = {"up": -1, "down": 1}.get(form.text("move"))
    if steps is None:
        raise BadRequest("Select “Move up” or “Move down”")
    return steps


def show_overview(
    request: Request, acting: Transaction, found: FoundVersion, *, status: int = 200, faults: Sequence[Fault] = ()
) -> Response:
    """The page of the draft, from which every form is reached."""
    return render(
        request, "audit_templates/editor/edit.html", acting=acting, status=status, faults=faults, **context_of(found)
    )


def add_form(router: Router, path: str, part_at: Callable[[Mapping[str, str]], Part]) -> None:
    """Add the form of a part, and saving it. `part_at` makes the part from the parameters of the path."""

    def ask(request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number) -> Response:
        return _ask(request, acting, template_id, number, part_at(request.path_params))

    def save(
        request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, form: PostedForm
    ) -> Response:
        return _save(request, acting, template_id, number, part_at(request.path_params), form)

    router.get(path)(ask)
    router.post(path)(save)


def _ask(request: Request, acting: Transaction, template_id: uuid.UUID, number: int, part: Part) -> Response:
    """The form of a part, with what the draft says now."""
    find = draft_in_format_2 if part.needs_format_2 else draft_of
    found = find(acting, template_id, number)
    return _form(request, acting, found, part, typed=part.shown(found.content), version=found.version.version)


def _save(
    request: Request, acting: Transaction, template_id: uuid.UUID, number: int, part: Part, form: TypedForm
) -> Response:
    """Save one part of the draft. On a refusal the form is shown again with all that was typed."""

    def make() -> Response:
        found = templates.find_version(acting.session, template_id=template_id, number=number, by=acting.actor)
        if found.version.version != form.version:
            raise Stale
        if part.needs_format_2 and found.content.is_format_1:
            raise Conflict(NEEDS_FORMAT_2)
        changed = _change(acting, found, form, part.applied(template_drafts.document_of(found.content), form))
        return redirect(f"{address_of(changed)}/edit{part.next_page(form)}", notice="Saved.")

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except Problem as problem:
        found = templates.find_version(acting.session, template_id=template_id, number=number, by=acting.actor)
        is_stale = isinstance(problem, Stale) and found.is_draft
        if isinstance(problem, Stale) and not is_stale:
            problem = Conflict(
                "This version has now been published and cannot be changed. Start a new version instead."
            )
        return _form(
            request,
            acting,
            found,
            part,
            typed=form.typed,
            version=found.version.version if is_stale else form.version,
            status=problem.status,
            faults=() if is_stale else faults_on(part, faults_of(problem)),
            is_stale=is_stale,
        )


def _form(
    request: Request,
    acting: Transaction,
    found: FoundVersion,
    part: Part,
    *,
    typed: Mapping[str, Sequence[str]],
    version: int,
    status: int = 200,
    faults: Sequence[Fault] = (),
    is_stale: bool = False,
) -> Response:
    context = {**context_of(found), **part.context(found.content, typed), "version": version}
    return render(
        request,
        part.page,
        acting=acting,
        status=status,
        faults=faults,
        typed=typed,
        part=part,
        is_stale=is_stale,
        **context,
    )


def rearrange(
    request: Request,
    acting: Transaction,
    place: tuple[uuid.UUID, int],
    form: TypedForm,
    *,
    change: Callable[[Document], Document],
    notice: str,
    last: str = "",
    back: str = "",
    show: Callable[[FoundVersion, int, Sequence[Fault]], Response] | None = None,
) -> Response:
    """Move or remove a part. On a refusal the page it was asked on, `show` or else the overview, says why and shows
    the current state. `back`: the page of the draft to return to. `last`: the refusal of removing what is the last.
    """
    template_id, number = place
    try:
        with acting.attempt():
            found = templates.find_version(acting.session, template_id=template_id, number=number, by=acting.actor)
            if found.version.version != form.version:
                raise Stale
            changed = _change(acting, found, form, change(template_drafts.document_of(found.content)))
            return redirect(f"{address_of(changed)}/edit{back}", notice=notice)
    except Problem as problem:
        found = draft_of(acting, template_id, number)
        if isinstance(problem, Stale):
            words = "This draft changed after you opened it. The saved version is shown below."
            faults: tuple[Fault, ...] = (Fault("", words),)
        elif last and problem.faults:
            faults = (Fault("", last),)
        else:
            faults = without_duplicates(Fault("", fault.detail) for fault in faults_of(problem))
        if show is not None:
            return show(found, problem.status, faults)
        return show_overview(request, acting, found, status=problem.status, faults=faults)


def confirm_removing(
    request: Request,
    acting: Transaction,
    found: FoundVersion,
    *,
    kind: str,
    title: str,
    themes: Sequence[str] = (),
    change: Callable[[Document], Document],
    back: str = "",
) -> Response:
    """A page that asks before a part is removed, and says what goes with it."""
    document = template_drafts.document_of(found.content)
    after = change(document)
    return render(
        request,
        "audit_templates/editor/remove.html",
        acting=acting,
        kind=kind,
        title=title,
        themes=themes,
        losses=references.losses(document, after),
        caps_lost=references.caps_lost(document, after),
        back=back,
        **context_of(found),
    )


def _change(acting: Transaction, found: FoundVersion, form: TypedForm, document: Document) -> FoundVersion:
    return templates.change_draft(
        acting.session,
        template_id=found.version.template_id,
        number=found.version.number,
        content=templates.content_from(document),
        version=form.version,
        by=acting.actor,
    )
