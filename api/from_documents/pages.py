"""Starting a template from a document: paste or upload it, mark each line, create the draft."""

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.bodies import body
from api.foundation.http.dependencies import Transaction, heavy_reading, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import BadTemplate, Fault, Invalid, Problem
from api.from_documents import actions
from api.from_documents.actions import KeptRecommendations, SourceDocument
from api.from_documents.editions import Edition, edition_of, templates_with_editions
from api.from_documents.formats import LARGEST_FILE, UnreadableError
from api.from_documents.marking import changed, parts_of
from api.from_documents.sandbox import read_in_sandbox
from checklists.outlines.proposing import Mark, Marked, propose
from checklists.outlines.tree import Outline, outline_of
from checklists.plurals import plural
from models import SourceKind

router = Router(include_in_schema=False)

Reading = Annotated[Transaction, reading(Permission.WRITE_TEMPLATES)]
# A document is read for up to 20 seconds.
HeavyReading = Annotated[Transaction, heavy_reading(Permission.WRITE_TEMPLATES)]
Writing = Annotated[Transaction, writing(Permission.WRITE_TEMPLATES)]
PATH: Final = "/templates/from-document"
DATES: Final = {"published": "The date of publication", "due_on": "The due date"}
# What the page of marks keeps of the form, beside the lines.
KEPT: Final = ("keep", "source_kind", *(f"{name}-{part}" for name in DATES for part in ("day", "month", "year")))


@router.get(PATH)
def ask_for_document(request: Request, acting: Reading) -> Response:
    return _document_page(request, acting)


@router.post(PATH, dependencies=[body(LARGEST_FILE, files=True)])
def read_document(request: Request, acting: HeavyReading, form: PostedForm) -> Response:
    """Nothing is stored: the lines go back to the page."""
    content = form.file("file") or form.text("text").encode()
    problem: Problem | None = None
    if not form.text("title").strip():
        form.faults.append(Fault("title", "Enter the title of the document."))
    _day(form, "published")
    if not content.strip():
        form.faults.append(Fault("file", "Select a file, or paste the text of the document."))
    if form.faults:
        problem = Invalid(form.faults[0].detail, faults=tuple(form.faults))
    parts: Sequence[Marked] = ()
    if problem is None:
        try:
            parts = propose(read_in_sandbox(content))
        except UnreadableError as refused:
            problem = Invalid.at("/file", str(refused))
        else:
            problem = None if parts else Invalid.at("/file", "The document has no text. Paste its text instead.")
    if problem is not None:
        return _document_page(request, acting, problem=problem, form=form)
    return _marks(request, acting, form, parts)


@router.post(PATH + "/marks")
def mark(request: Request, acting: Writing, form: PostedForm) -> Response:
    parts = parts_of(form)
    command = form.text("do")
    if command != "create":
        return _marks(request, acting, form, changed(parts, command))

    def make() -> Response:
        source, keep = _source_of(form), _kept_of(form)
        form.check()
        made, outline = actions.create_from_parts(
            acting.session,
            source=source,
            parts=parts,
            edition=_edition_of(form),
            keep=keep,
            by=acting.actor,
        )
        version = made.version
        notice = f"Draft created with {plural(len(outline.themes), 'theme')}. Check the draft, then publish it."
        if form.text("keep") == "yes" and outline.recommendations:
            notice += f" {plural(len(outline.recommendations), 'recommendation')} added to the register."
        return redirect(f"/templates/{version.template_id}/versions/{version.number}/edit", notice=notice)

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except Problem as problem:
        return _marks(request, acting, form, parts, problem=problem)


def _source_of(form: TypedForm) -> SourceDocument:
    return SourceDocument(form.text("title"), _day(form, "published"), form.text("address"))


def _edition_of(form: TypedForm) -> uuid.UUID | None:
    try:
        return uuid.UUID(form.text("edition")) if form.text("edition") else None
    except ValueError:
        raise Invalid.at("/edition", "Select a template from the list.") from None


def _kept_of(form: TypedForm) -> KeptRecommendations | None:
    if form.text("keep") != "yes":
        return None
    kind = form.text("source_kind")
    return KeptRecommendations(SourceKind(kind) if kind in set(SourceKind) else None, _day(form, "due_on"))


def _document_page(
    request: Request, acting: Transaction, *, problem: Problem | None = None, form: TypedForm | None = None
) -> Response:
    editions = templates_with_editions(acting.session, by=acting.actor)
    return render(
        request,
        "from_documents/document.html",
        acting=acting,
        refusal=problem,
        form=form,
        editions=[{"value": str(template_id), "text": title} for template_id, title in editions.items()],
    )


def _changes(acting: Transaction, form: TypedForm, outline: Outline) -> Edition | None:
    """What a new edition changes; None for a first one, and while the marks make no template."""
    try:
        template_id = _edition_of(form)
        if template_id is None or not outline.themes:
            return None
        source = _source_of(form).entry
        return edition_of(acting.session, template_id=template_id, source=source, outline=outline, by=acting.actor)
    except (BadTemplate, Invalid):
        return None


def _day(form: TypedForm, name: str) -> date | None:
    """A typed date, which may be missing; what is wrong with it goes to the faults of the form."""
    return form.date(name, DATES[name], needed=False)


def _typed(form: TypedForm, parts: Sequence[Marked]) -> dict[str, Sequence[str]]:
    """What the page of marks shows as typed: its lines in their present order, and what else was typed."""
    typed: dict[str, Sequence[str]] = {"keep": ["no"], **{name: form.typed[name] for name in KEPT if form.has(name)}}
    for place, part in enumerate(parts):
        typed |= {f"text-{place}": [part.text], f"mark-{place}": [part.mark.value]}
    return typed


def _marks(
    request: Request,
    acting: Transaction,
    form: TypedForm,
    parts: Sequence[Marked],
    *,
    problem: Problem | None = None,
) -> Response:
    outline = outline_of(parts)
    return render(
        request,
        "from_documents/marks.html",
        acting=acting,
        refusal=problem,
        on_field=_on_its_part,
        typed=_typed(form, parts),
        parts=parts,
        marks=[{"value": each.value, "text": each.label} for each in Mark],
        outline=outline,
        title=form.text("title"),
        address=form.text("address"),
        edition=form.text("edition"),
        changes=_changes(acting, form, outline),
        kinds=[{"value": kind.value, "text": kind.label} for kind in SourceKind],
    )


def _on_its_part(fault: Fault) -> Fault:
    """A fault of a part, at its text."""
    if fault.pointer.startswith("/parts/"):
        return Fault(f"text-{fault.pointer.rpartition('/')[2]}", fault.detail)
    name = fault.pointer.removeprefix("/")
    return Fault(name if name in {*DATES, "source_kind"} else "", fault.detail)
