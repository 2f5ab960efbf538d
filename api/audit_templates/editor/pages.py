"""The editor of a draft: an overview, and a form for each of its parts. Every save is one change of the draft."""

import uuid

from fastapi import Request
from starlette.responses import Response

from api.audit_templates import drafts as template_drafts
from api.audit_templates.editor.part_pages import (
    add_form,
    confirm_removing,
    draft_of,
    rearrange,
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


add_form(router, "/details", lambda _: Details())
add_form(router, "/scale", lambda _: Scale())
add_form(router, "/forms-of-harm", lambda _: FormsOfHarm())
add_form(router, "/new-domain", lambda _: NewDomain())
add_form(router, "/domains/{key}", lambda at: Domain(at["key"]))
add_form(router, "/domains/{key}/new-theme", lambda at: ThemePart(None, domain_key=at["key"]))
add_form(router, "/themes/{key}", lambda at: ThemePart(at["key"]))


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
