"""Pages of a template's workbook: downloading it, uploading it, and what it would make."""

import uuid
from collections.abc import Sequence
from itertools import groupby
from typing import Annotated, Final

from fastapi import Request
from starlette.responses import Response

from api.audit_templates import actions, in_words
from api.audit_templates.editor.parts import NOT_EVIDENCED_WORDS
from api.audit_templates.making_pages import faults_of
from api.audit_templates.pages import ADDRESS, Number, ReadingWriter, address_of
from api.audit_templates.workbooks.checking import template_in
from api.audit_templates.workbooks.effect import apply, effect_of
from api.audit_templates.workbooks.routes import empty_workbook, workbook_of
from api.documents.reading.sandbox import LARGEST_WORKBOOK
from api.foundation.http.bodies import MEGABYTE, body
from api.foundation.http.dependencies import ActorRequest, Computed, Transaction, computing, heavy_reading
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import BadTemplate, Fault, Invalid, Problem
from checklists.audits.scoring import overall_rule_in_words
from checklists.templates.template import Template
from checklists.templates.template_file import write_template

router = Router(include_in_schema=False)

PATH: Final = "/templates/from-workbook"
HeavyReader = Annotated[Transaction, heavy_reading(Permission.READ_TEMPLATES)]


@router.get("/templates/empty-workbook")
def download_empty(acting: Annotated[Transaction, heavy_reading(Permission.WRITE_TEMPLATES)]) -> Response:  # noqa: ARG001 - declares who may
    return empty_workbook()


@router.get(ADDRESS + "/workbook")
def download(acting: HeavyReader, template_id: uuid.UUID, number: Number) -> Response:
    return workbook_of(actions.find_version(acting.session, template_id=template_id, number=number, by=acting.actor))


@router.get(PATH)
def ask_for_workbook(request: Request, acting: ReadingWriter) -> Response:
    return _upload_page(request, acting)


@router.post(PATH, dependencies=[body(LARGEST_WORKBOOK, files=True)])
def show_what_it_makes(
    request: Request, acting: Annotated[Transaction, heavy_reading(Permission.WRITE_TEMPLATES)], form: PostedForm
) -> Response:
    """Nothing is stored: the template goes back to the page."""
    try:
        content = form.file("file")
        if not content:
            raise Invalid.at("/file", "Select a workbook.")
        read = template_in(content)
        return _preview(request, acting, read.content, left_out=read.left_out)
    except Invalid as problem:
        return _upload_page(request, acting, problem=problem)


@router.post(PATH + "/create", response_model=None, dependencies=[body(2 * MEGABYTE, files=True)])
def make_draft(
    request: Request,
    asking: Annotated[ActorRequest, computing(Permission.WRITE_TEMPLATES)],  # noqa: ARG001 - declares what it needs
    form: PostedForm,
) -> Computed:
    """The template is read again from the page, before anything is stored."""

    def prepare(_acting: Transaction) -> Template:
        return actions.content_of_file(form.text("text").encode(), kind="json")

    def store(acting: Transaction, content: Template) -> Response:
        def make() -> Response:
            made = apply(acting.session, content, seen=form.text("seen"), by=acting.actor)
            return redirect(address_of(made), notice="Draft saved from the workbook. Check the draft, then publish it.")

        return submit_once(acting, form, make)

    def refused(acting: Transaction, problem: Problem) -> Response:
        if isinstance(problem, BadTemplate):
            again = Invalid.at("/file", "This page no longer has the template. Upload the workbook again.")
            return _upload_page(request, acting, problem=again)
        left_out = form.text("left_out").splitlines()
        return _preview(request, acting, prepare(acting), left_out=left_out, problem=problem)

    return Computed(prepare, store, refused=refused)


def _upload_page(request: Request, acting: Transaction, *, problem: Problem | None = None) -> Response:
    faults = () if problem is None else faults_of(problem)
    first = [] if problem is None else [Fault("file", problem.detail)]
    return render(
        request,
        "audit_templates/workbook.html",
        acting=acting,
        status=200 if problem is None else problem.status,
        faults=first,
        places=[fault.detail for fault in faults] if len(faults) > 1 else [],
    )


def _preview(
    request: Request,
    acting: Transaction,
    content: Template,
    *,
    left_out: Sequence[str],
    problem: Problem | None = None,
) -> Response:
    effect = effect_of(acting.session, content, left_out=left_out, by=acting.actor)
    return render(
        request,
        "audit_templates/workbook_preview.html",
        acting=acting,
        status=200 if problem is None else problem.status,
        faults=[] if problem is None else [Fault("", problem.detail)],
        effect=effect,
        content=content,
        text=write_template(content).decode(),
        groups=[(kind.label, list(found)) for kind, found in groupby(effect.differences, key=lambda each: each.kind)],
        rule=overall_rule_in_words(content),
        not_evidenced_words=NOT_EVIDENCED_WORDS,
        say=in_words,
    )
