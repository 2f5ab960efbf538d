"""The editor of a draft: an overview, and a form for each of its parts. Every save is one change of the draft."""

import uuid
from collections.abc import Callable, Mapping, Sequence

from fastapi import Request
from starlette.responses import Response

from api.audit_templates import actions as templates
from api.audit_templates import drafts as template_drafts
from api.audit_templates.actions import FoundVersion
from api.audit_templates.drafts import Document
from api.audit_templates.editor.parts import Details, Domain, NewDomain, Part, ThemePart, domain_in, faults_on
from api.audit_templates.editor.rows import FormsOfHarm, Scale
from api.audit_templates.making_pages import faults_of, without_duplicates
from api.audit_templates.pages import ADDRESS, Number, ReadingWriter, WritingWriter, address_of, context_of
from api.foundation.http.dependencies import Transaction
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.problems import BadRequest, Conflict, Fault, NotFound, Problem, Stale

router = Router(include_in_schema=False, prefix=ADDRESS + "/edit")


@router.get("")
def overview(request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number) -> Response:
    return _overview(request, acting, _draft(acting, template_id, number))


@router.get("/details")
def ask_details(request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number) -> Response:
    return _ask(request, acting, template_id, number, Details())


@router.post("/details")
def save_details(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, form: PostedForm
) -> Response:
    return _save(request, acting, template_id, number, Details(), form)


@router.get("/scale")
def ask_scale(request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number) -> Response:
    return _ask(request, acting, template_id, number, Scale())


@router.post("/scale")
def save_scale(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, form: PostedForm
) -> Response:
    return _save(request, acting, template_id, number, Scale(), form)


@router.get("/forms-of-harm")
def ask_forms_of_harm(request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number) -> Response:
    return _ask(request, acting, template_id, number, FormsOfHarm())


@router.post("/forms-of-harm")
def save_forms_of_harm(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, form: PostedForm
) -> Response:
    return _save(request, acting, template_id, number, FormsOfHarm(), form)


@router.get("/new-domain")
def ask_new_domain(request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number) -> Response:
    return _ask(request, acting, template_id, number, NewDomain())


@router.post("/new-domain")
def save_new_domain(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, form: PostedForm
) -> Response:
    return _save(request, acting, template_id, number, NewDomain(), form)


@router.get("/domains/{key}")
def ask_domain(request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number, key: str) -> Response:
    return _ask(request, acting, template_id, number, Domain(key))


@router.post("/domains/{key}")
def save_domain(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, key: str, form: PostedForm
) -> Response:
    return _save(request, acting, template_id, number, Domain(key), form)


@router.get("/domains/{key}/new-theme")
def ask_new_theme(
    request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number, key: str
) -> Response:
    return _ask(request, acting, template_id, number, ThemePart(None, domain_key=key))


@router.post("/domains/{key}/new-theme")
def save_new_theme(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, key: str, form: PostedForm
) -> Response:
    return _save(request, acting, template_id, number, ThemePart(None, domain_key=key), form)


@router.get("/themes/{key}")
def ask_theme(request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number, key: str) -> Response:
    return _ask(request, acting, template_id, number, ThemePart(key))


@router.post("/themes/{key}")
def save_theme(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, key: str, form: PostedForm
) -> Response:
    return _save(request, acting, template_id, number, ThemePart(key), form)


@router.post("/domains/{key}/move")
def move_domain(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, key: str, form: PostedForm
) -> Response:
    steps = _steps_of(form)
    return _rearrange(
        request,
        acting,
        (template_id, number),
        form,
        change=lambda document: template_drafts.with_domain_moved(document, key, by=steps),
        notice="The learning domain is moved.",
    )


@router.post("/themes/{key}/move")
def move_theme(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, key: str, form: PostedForm
) -> Response:
    steps = _steps_of(form)
    return _rearrange(
        request,
        acting,
        (template_id, number),
        form,
        change=lambda document: template_drafts.with_theme_moved(document, key, by=steps),
        notice="The theme is moved.",
    )


@router.get("/domains/{key}/remove")
def confirm_removing_domain(
    request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number, key: str
) -> Response:
    found = _draft(acting, template_id, number)
    domain = domain_in(found.content, key)
    return render(
        request,
        "audit_templates/editor/remove.html",
        acting=acting,
        thing="learning domain",
        title=domain.title,
        themes=[theme.label for theme in domain.themes],
        **context_of(found),
    )


@router.post("/domains/{key}/remove")
def remove_domain(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, key: str, form: PostedForm
) -> Response:
    return _rearrange(
        request,
        acting,
        (template_id, number),
        form,
        change=lambda document: template_drafts.without_domain(document, key),
        notice="The learning domain is removed.",
        last="A template needs at least one learning domain. Add another one before you remove this.",
    )


@router.get("/themes/{key}/remove")
def confirm_removing_theme(
    request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number, key: str
) -> Response:
    found = _draft(acting, template_id, number)
    if key not in found.content.theme_keys:
        raise NotFound("theme")
    return render(
        request,
        "audit_templates/editor/remove.html",
        acting=acting,
        thing="theme",
        title=found.content.theme(key).label,
        themes=[],
        **context_of(found),
    )


@router.post("/themes/{key}/remove")
def remove_theme(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, key: str, form: PostedForm
) -> Response:
    return _rearrange(
        request,
        acting,
        (template_id, number),
        form,
        change=lambda document: template_drafts.without_theme(document, key),
        notice="The theme is removed.",
        last="A learning domain needs at least one theme. Add another one first, or remove the learning domain.",
    )


def _draft(acting: Transaction, template_id: uuid.UUID, number: int) -> FoundVersion:
    found = templates.find_version(acting.session, template_id=template_id, number=number, by=acting.actor)
    if not found.is_draft:
        raise Conflict("This version has been published and never changes. Begin a new version instead.")
    return found


def _steps_of(form: TypedForm) -> int:
    steps = {"up": -1, "down": 1}.get(form.text("move"))
    if steps is None:
        raise BadRequest("Say whether to move up or down, with the buttons of the page.")
    return steps


def _overview(
    request: Request, acting: Transaction, found: FoundVersion, *, status: int = 200, faults: Sequence[Fault] = ()
) -> Response:
    return render(
        request, "audit_templates/editor/edit.html", acting=acting, status=status, faults=faults, **context_of(found)
    )


def _ask(request: Request, acting: Transaction, template_id: uuid.UUID, number: int, part: Part) -> Response:
    found = _draft(acting, template_id, number)
    return _form(request, acting, found, part, typed=part.shown(found.content), version=found.version.version)


def _save(
    request: Request, acting: Transaction, template_id: uuid.UUID, number: int, part: Part, form: TypedForm
) -> Response:
    """Save one part of the draft. Where that cannot be, the form comes back with all that was typed."""

    def save() -> Response:
        found = templates.find_version(acting.session, template_id=template_id, number=number, by=acting.actor)
        if found.version.version != form.version:
            raise Stale
        changed = _change(acting, found, form, part.applied(template_drafts.document_of(found.content), form))
        return redirect(f"{address_of(changed)}/edit", notice="Saved.")

    try:
        with acting.attempt():
            return submit_once(acting, form, save)
    except Problem as problem:
        found = templates.find_version(acting.session, template_id=template_id, number=number, by=acting.actor)
        is_stale = isinstance(problem, Stale) and found.is_draft
        if isinstance(problem, Stale) and not is_stale:
            problem = Conflict(
                "This version has been published meanwhile and never changes. Begin a new version instead."
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


def _rearrange(
    request: Request,
    acting: Transaction,
    place: tuple[uuid.UUID, int],
    form: TypedForm,
    *,
    change: Callable[[Document], Document],
    notice: str,
    last: str = "",
) -> Response:
    """Move or remove a part. Where that cannot be, the overview says why and shows what stands now."""
    template_id, number = place
    try:
        with acting.attempt():
            found = templates.find_version(acting.session, template_id=template_id, number=number, by=acting.actor)
            if found.version.version != form.version:
                raise Stale
            changed = _change(acting, found, form, change(template_drafts.document_of(found.content)))
            return redirect(f"{address_of(changed)}/edit", notice=notice)
    except Problem as problem:
        found = _draft(acting, template_id, number)
        if isinstance(problem, Stale):
            words = "Somebody has changed this draft since you opened it. This is what it says now."
            faults: tuple[Fault, ...] = (Fault("", words),)
        elif last and problem.faults:
            faults = (Fault("", last),)
        else:
            faults = without_duplicates(Fault("", fault.detail) for fault in faults_of(problem))
        return _overview(request, acting, found, status=problem.status, faults=faults)


def _change(acting: Transaction, found: FoundVersion, form: TypedForm, document: Document) -> FoundVersion:
    return templates.change_draft(
        acting.session,
        template_id=found.version.template_id,
        number=found.version.number,
        content=templates.content_from(document),
        version=form.version,
        by=acting.actor,
    )
