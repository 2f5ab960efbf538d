"""Starting a template from a document: paste or upload it, mark each line, create the draft."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.bodies import body
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, submit_once
from api.foundation.pages.rendering import plural, redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Fault, Invalid, Problem
from api.from_documents import actions
from api.from_documents.actions import SourceDocument
from api.from_documents.formats import LARGEST_FILE, UnreadableError
from api.from_documents.marking import changed, parts_of
from api.from_documents.sandbox import read_in_sandbox
from checklists.outlines.proposing import Mark, Marked, propose
from checklists.outlines.tree import outline_of

router = Router(include_in_schema=False)

Reading = Annotated[Transaction, reading(Permission.WRITE_TEMPLATES)]
Writing = Annotated[Transaction, writing(Permission.WRITE_TEMPLATES)]
PATH: Final = "/templates/from-document"


@router.get(PATH)
def ask_for_document(request: Request, acting: Reading) -> Response:
    return render(request, "from_documents/document.html", acting=acting)


@router.post(PATH, dependencies=[body(LARGEST_FILE, files=True)])
def read_document(request: Request, acting: Reading, form: PostedForm) -> Response:
    """Nothing is stored: the lines go back to the page."""
    content = form.file("file") or form.text("text").encode()
    problem: Problem | None = None
    if not form.text("title").strip():
        problem = Invalid.at("/title", "Enter the title of the document.")
    elif not content.strip():
        problem = Invalid.at("/file", "Select a file, or paste the text of the document.")
    parts: Sequence[Marked] = ()
    if problem is None:
        try:
            parts = propose(read_in_sandbox(content))
        except UnreadableError as refused:
            problem = Invalid.at("/file", str(refused))
        else:
            problem = None if parts else Invalid.at("/file", "The document has no text. Paste its text instead.")
    if problem is not None:
        return render(request, "from_documents/document.html", acting=acting, refusal=problem, form=form)
    return _marks(request, acting, form, parts)


@router.post(PATH + "/marks")
def mark(request: Request, acting: Writing, form: PostedForm) -> Response:
    parts = parts_of(form)
    command = form.text("do")
    if command != "create":
        return _marks(request, acting, form, changed(parts, command))

    def make() -> Response:
        source = SourceDocument(form.text("title"), _day(form.text("published")), form.text("address"))
        made, outline = actions.create_from_parts(acting.session, source=source, parts=parts, by=acting.actor)
        version = made.version
        notice = f"Draft created with {plural(len(outline.themes), 'theme')}. Check the draft, then publish it."
        return redirect(f"/templates/{version.template_id}/versions/{version.number}/edit", notice=notice)

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except Problem as problem:
        return _marks(request, acting, form, parts, problem=problem)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


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
        parts=parts,
        marks=[{"value": each.value, "text": each.label} for each in Mark],
        outline=outline,
        title=form.text("title"),
        published=form.text("published"),
        address=form.text("address"),
    )


def _on_its_part(fault: Fault) -> Fault:
    """A fault of a part, at its text."""
    if fault.pointer.startswith("/parts/"):
        return Fault(f"text-{fault.pointer.rpartition('/')[2]}", fault.detail)
    return Fault("", fault.detail)
