"""The editor of a draft: an overview, and a form for each of its parts. Every save is one change of the draft."""

import uuid

from fastapi import Request
from starlette.responses import Response

from api.audit_templates import drafts as template_drafts
from api.audit_templates.editor.part_pages import (
    ask,
    confirm_removing,
    draft_of,
    rearrange,
    save,
    show_overview,
    steps_of,
)
from api.audit_templates.editor.parts import Details, Domain, NewDomain, ThemePart, domain_in
from api.audit_templates.editor.rows import FormsOfHarm, Scale
from api.audit_templates.pages import ADDRESS, Number, ReadingWriter, WritingWriter
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm
from api.foundation.problems import NotFound

router = Router(include_in_schema=False, prefix=ADDRESS + "/edit")


@router.get("")
def overview(request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number) -> Response:
    return show_overview(request, acting, draft_of(acting, template_id, number))


@router.get("/details")
def ask_details(request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number) -> Response:
    return ask(request, acting, template_id, number, Details())


@router.post("/details")
def save_details(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, form: PostedForm
) -> Response:
    return save(request, acting, template_id, number, Details(), form)


@router.get("/scale")
def ask_scale(request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number) -> Response:
    return ask(request, acting, template_id, number, Scale())


@router.post("/scale")
def save_scale(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, form: PostedForm
) -> Response:
    return save(request, acting, template_id, number, Scale(), form)


@router.get("/forms-of-harm")
def ask_forms_of_harm(request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number) -> Response:
    return ask(request, acting, template_id, number, FormsOfHarm())


@router.post("/forms-of-harm")
def save_forms_of_harm(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, form: PostedForm
) -> Response:
    return save(request, acting, template_id, number, FormsOfHarm(), form)


@router.get("/new-domain")
def ask_new_domain(request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number) -> Response:
    return ask(request, acting, template_id, number, NewDomain())


@router.post("/new-domain")
def save_new_domain(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, form: PostedForm
) -> Response:
    return save(request, acting, template_id, number, NewDomain(), form)


@router.get("/domains/{key}")
def ask_domain(request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number, key: str) -> Response:
    return ask(request, acting, template_id, number, Domain(key))


@router.post("/domains/{key}")
def save_domain(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, key: str, form: PostedForm
) -> Response:
    return save(request, acting, template_id, number, Domain(key), form)


@router.get("/domains/{key}/new-theme")
def ask_new_theme(
    request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number, key: str
) -> Response:
    return ask(request, acting, template_id, number, ThemePart(None, domain_key=key))


@router.post("/domains/{key}/new-theme")
def save_new_theme(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, key: str, form: PostedForm
) -> Response:
    return save(request, acting, template_id, number, ThemePart(None, domain_key=key), form)


@router.get("/themes/{key}")
def ask_theme(request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number, key: str) -> Response:
    return ask(request, acting, template_id, number, ThemePart(key))


@router.post("/themes/{key}")
def save_theme(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, key: str, form: PostedForm
) -> Response:
    return save(request, acting, template_id, number, ThemePart(key), form)


@router.post("/domains/{key}/move")
def move_domain(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, key: str, form: PostedForm
) -> Response:
    steps = steps_of(form)
    return rearrange(
        request,
        acting,
        (template_id, number),
        form,
        change=lambda document: template_drafts.with_domain_moved(document, key, by=steps),
        notice="Learning domain moved.",
    )


@router.post("/themes/{key}/move")
def move_theme(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, key: str, form: PostedForm
) -> Response:
    steps = steps_of(form)
    return rearrange(
        request,
        acting,
        (template_id, number),
        form,
        change=lambda document: template_drafts.with_theme_moved(document, key, by=steps),
        notice="Theme moved.",
    )


@router.get("/domains/{key}/remove")
def confirm_removing_domain(
    request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number, key: str
) -> Response:
    found = draft_of(acting, template_id, number)
    domain = domain_in(found.content, key)
    return confirm_removing(
        request,
        acting,
        found,
        kind="learning domain",
        title=domain.title,
        themes=[theme.label for theme in domain.themes],
        change=lambda document: template_drafts.without_domain(document, key),
    )


@router.post("/domains/{key}/remove")
def remove_domain(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, key: str, form: PostedForm
) -> Response:
    return rearrange(
        request,
        acting,
        (template_id, number),
        form,
        change=lambda document: template_drafts.without_domain(document, key),
        notice="Learning domain removed.",
        last=(
            "A template must have at least one learning domain. Add another learning domain before you remove this one."
        ),
    )


@router.get("/themes/{key}/remove")
def confirm_removing_theme(
    request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number, key: str
) -> Response:
    found = draft_of(acting, template_id, number)
    if key not in found.content.theme_keys:
        raise NotFound("theme")
    return confirm_removing(
        request,
        acting,
        found,
        kind="theme",
        title=found.content.theme(key).label,
        change=lambda document: template_drafts.without_theme(document, key),
    )


@router.post("/themes/{key}/remove")
def remove_theme(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, key: str, form: PostedForm
) -> Response:
    return rearrange(
        request,
        acting,
        (template_id, number),
        form,
        change=lambda document: template_drafts.without_theme(document, key),
        notice="Theme removed.",
        last="A learning domain must have at least one theme. Add another theme first, or remove the learning domain.",
    )
