"""Pages that create a template: from a few fields, from a file, or as a copy."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

from fastapi import Request
from starlette.responses import Response

from api.audit_templates import actions
from api.audit_templates import drafts as template_drafts
from api.audit_templates.editor.parts import lines_of
from api.audit_templates.pages import ADDRESS, Number, ReadingWriter, WritingWriter, address_of, context_of
from api.foundation.http.bodies import MEGABYTE, body
from api.foundation.http.dependencies import Transaction
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.problems import BadTemplate, Fault, Invalid, Problem
from checklists.templates.template import Template as TemplateContent

router = Router(include_in_schema=False)

SCALE_WORDS: Final = {
    "four-grades": ("4 ratings", "Outstanding, Good, Requires improvement, Inadequate. The standard is Good."),
    "met-partly-not": ("Met, partly met, not met", "The standard is Met."),
    "zero-to-ten": ("0 to 10", "The standard is 7. You can change it in the draft."),
    template_drafts.WITHOUT_RATINGS: (
        "No ratings",
        "Auditors describe practice in their own words, for example in a learning review.",
    ),
}
_FIELD_OF_NEW: Final = {
    "/key": "own_key",
    "/title": "title",
    "/learning_domains/0/title": "domain_title",
    "/learning_domains/0/key": "domain_title",
    "/learning_domains/0/themes/0/title": "theme_title",
    "/learning_domains/0/themes/0/key": "theme_title",
}
_FIELDS_OF_NEW: Final = ("title", "own_key", "scale", "domain_title", "theme_title", "prompts")
_NEEDED: Final = {
    "title": "Enter a title for the template.",
    "domain_title": "Enter the first learning domain.",
    "theme_title": "Enter the first theme.",
    "prompts": "Enter at least 1 prompt.",
}
# Keys that nobody typed are made from titles.
_WITHOUT_LETTERS: Final = {
    "/learning_domains/0/key": "The learning domain must include a letter from a to z.",
    "/learning_domains/0/themes/0/key": "The theme must include a letter from a to z.",
}
_DRAFT_NOTICE: Final = "Draft template created. Edit the draft, then publish it."


@router.get("/templates/new")
def ask_for_new(request: Request, acting: ReadingWriter) -> Response:
    return _new_page(request, acting)


@router.post("/templates/new")
def make_new(request: Request, acting: WritingWriter, form: PostedForm) -> Response:
    def make() -> Response:
        made = actions.create_template(acting.session, content=_content_of_new(form), by=acting.actor)
        return redirect(f"{address_of(made)}/edit", notice=_DRAFT_NOTICE)

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except Problem as problem:
        faults = without_duplicates(Fault(_field_of_new(fault.pointer), fault.detail) for fault in faults_of(problem))
        return _new_page(request, acting, status=problem.status, faults=faults, typed=form.typed)


def _content_of_new(form: TypedForm) -> TemplateContent:
    """The template that the form describes. Raises Invalid with every fault of the form, in the order of its fields."""
    found = {name: words for name, words in _NEEDED.items() if not form.text(name).strip()}
    scale = form.text("scale")
    if scale not in SCALE_WORDS:
        found["scale"] = "Select a rating scale."
        scale = next(iter(SCALE_WORDS))  # does not change what else is wrong
    document = template_drafts.new_document(
        key=form.text("own_key").strip(),
        title=form.text("title"),
        scale=scale,
        domain=form.text("domain_title"),
        theme=form.text("theme_title"),
        prompts=lines_of(form.text("prompts")),
    )
    content: TemplateContent | None = None
    refused: tuple[Fault, ...] = ()
    try:
        content = actions.content_from(document)
    except BadTemplate as problem:
        refused = problem.faults
    for fault in refused:
        field = _field_of_new(fault.pointer)
        # A key that is made from a title is empty where the title is, which is said already.
        if not (field == "own_key" and "title" in found and not form.text("own_key").strip()):
            found.setdefault(field, _WITHOUT_LETTERS.get(fault.pointer, fault.detail))
    ordered = sorted(found, key=lambda field: _FIELDS_OF_NEW.index(field) if field in _FIELDS_OF_NEW else -1)
    form.faults.extend(Fault(field, found[field]) for field in ordered)
    return form.given(content)


def _field_of_new(pointer: str) -> str:
    if pointer.startswith("/learning_domains/0/themes/0/prompts"):
        return "prompts"
    return _FIELD_OF_NEW.get(pointer, pointer if not pointer.startswith("/") else "")


def _new_page(
    request: Request,
    acting: Transaction,
    *,
    status: int = 200,
    faults: Sequence[Fault] = (),
    typed: Mapping[str, Sequence[str]] | None = None,
) -> Response:
    scales = [{"value": key, "text": text, "hint": hint} for key, (text, hint) in SCALE_WORDS.items()]
    return render(
        request, "audit_templates/new.html", acting=acting, status=status, faults=faults, typed=typed, scales=scales
    )


@router.get("/templates/import")
def ask_for_file(request: Request, acting: ReadingWriter) -> Response:
    return render(request, "audit_templates/import.html", acting=acting)


@router.post("/templates/import", dependencies=[body(MEGABYTE, files=True)])
def import_file(request: Request, acting: WritingWriter, form: PostedForm) -> Response:
    content = _file_of(form)

    def make() -> Response:
        if not content.strip():
            raise Invalid.at("file", "Select a file or paste template text")
        template = actions.content_of_file(content, kind=_kind_of(content))
        made = actions.create_template(acting.session, content=template, by=acting.actor)
        return redirect(address_of(made), notice="Template imported as a draft. Check the draft, then publish it.")

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except Problem as problem:
        # The content of the file is shown in the box, where it can be corrected at once.
        text = content.decode("utf-8-sig", errors="replace").replace("\x00", "")
        return render(
            request,
            "audit_templates/import.html",
            acting=acting,
            status=problem.status,
            faults=[Fault("text" if text.strip() else "file", problem.detail)],
            typed={"text": [text]},
            places=[fault for fault in problem.faults if fault.pointer not in {"file", "text"}],
        )


def _file_of(form: TypedForm) -> bytes:
    """The chosen file; without one, what was typed into the box."""
    return form.file("file") or form.text("text").encode()


def _kind_of(content: bytes) -> Literal["json", "toml"]:
    """A JSON template begins with a brace, and TOML never does."""
    return "json" if content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"[\n", b"[{")) else "toml"


@router.get(ADDRESS + "/copy")
def ask_for_copy(request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number) -> Response:
    found = actions.find_version(acting.session, template_id=template_id, number=number, by=acting.actor)
    return render(request, "audit_templates/copy.html", acting=acting, **context_of(found))


@router.post(ADDRESS + "/copy")
def copy(request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, form: PostedForm) -> Response:
    found = actions.find_version(acting.session, template_id=template_id, number=number, by=acting.actor)

    def make() -> Response:
        title = form.text("title")
        made = actions.copy_version(
            acting.session,
            template_id=template_id,
            number=number,
            key=form.text("own_key").strip() or template_drafts.proposed_key(title, {found.template.key}),
            title=title,
            by=acting.actor,
        )
        return redirect(f"{address_of(made)}/edit", notice=_DRAFT_NOTICE)

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except Problem as problem:
        fields = {"/key": "own_key", "/title": "title"}
        faults = without_duplicates(Fault(fields.get(fault.pointer, ""), fault.detail) for fault in faults_of(problem))
        return render(
            request,
            "audit_templates/copy.html",
            acting=acting,
            status=problem.status,
            faults=faults,
            typed=form.typed,
            **context_of(found),
        )


def faults_of(problem: Problem) -> tuple[Fault, ...]:
    """The faults that a page shows for a refusal, or else its one sentence."""
    return problem.faults or (Fault("", problem.detail),)


def without_duplicates(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """The faults without duplicates at the same field."""
    return tuple(dict.fromkeys(faults))
