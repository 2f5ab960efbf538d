"""Pages of audit templates: the list, one version, the blank checklist, publishing and retiring."""

import uuid
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import Path, Query, Request
from starlette.responses import Response

from api.audit_templates import actions, comparing, in_words, library
from api.audit_templates.actions import FoundVersion, VersionKey, VersionUse
from api.audit_templates.editor.parts import NOT_EVIDENCED_WORDS
from api.audit_templates.routes import as_file, key_of, place_of
from api.foundation.http.dependencies import Page, Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, Problem, Stale
from checklists.audits.scoring import overall_rule_in_words
from models import TemplateVersionState

router = Router(include_in_schema=False)

Reader = Annotated[Transaction, reading(Permission.READ_TEMPLATES)]
ReadingWriter = Annotated[Transaction, reading(Permission.WRITE_TEMPLATES)]
WritingWriter = Annotated[Transaction, writing(Permission.WRITE_TEMPLATES)]
Number = Annotated[int, Path(ge=1, le=1_000_000)]
ADDRESS: Final = "/templates/{template_id}/versions/{number}"
STATE_COLOURS: Final = {
    TemplateVersionState.DRAFT: "yellow",
    TemplateVersionState.PUBLISHED: "green",
    TemplateVersionState.RETIRED: "grey",
}


def address_of(found: FoundVersion) -> str:
    """The path of a version's page."""
    return f"/templates/{found.version.template_id}/versions/{found.version.number}"


@router.get("/templates")
def list_templates(
    request: Request,
    acting: Reader,
    page: Page,
    state: Annotated[TemplateVersionState | None, Query()] = None,
) -> Response:
    found = actions.list_versions(
        acting.session,
        by=acting.actor,
        limit=page.to_fetch,
        after=place_of(page),
        states=TemplateVersionState if state is None else [state],
    )
    shown, after = page.cut(found, key=key_of)
    used = actions.rounds_using(acting.session, shown, by=acting.actor)
    may_write = acting.actor.may(Permission.WRITE_TEMPLATES)
    return render(
        request,
        "audit_templates/list.html",
        acting=acting,
        rows=[
            (each, address_of(each), used.get(VersionKey(each.version.template_id, each.version.number), 0))
            for each in shown
        ],
        after=after,
        first=page.after is None,
        state=state,
        list_path="/templates" if state is None else f"/templates?{urlencode({'state': state.value})}",
        states=[each for each in TemplateVersionState if may_write or each is not TemplateVersionState.DRAFT],
        colours=STATE_COLOURS,
        may_write=may_write,
        library=library.offered_templates(acting.session, by=acting.actor) if may_write else (),
    )


@router.post("/templates/from-library")
def add_from_library(acting: WritingWriter, form: PostedForm) -> Response:
    def make() -> Response:
        made = library.add_from_library(acting.session, key=form.text("built_in"), by=acting.actor)
        return redirect(address_of(made), notice="Template published. It can now be used in a round.")

    return submit_once(acting, form, make)


@router.get(ADDRESS)
def show_version(request: Request, acting: Reader, template_id: uuid.UUID, number: Number) -> Response:
    found = actions.find_version(acting.session, template_id=template_id, number=number, by=acting.actor)
    return _version_page(request, acting, found)


@router.get(ADDRESS + "/file")
def download(acting: Reader, template_id: uuid.UUID, number: Number) -> Response:
    return as_file(actions.find_version(acting.session, template_id=template_id, number=number, by=acting.actor))


@router.get(ADDRESS + "/checklist")
def blank_checklist(request: Request, acting: Reader, template_id: uuid.UUID, number: Number) -> Response:
    found = actions.find_version(acting.session, template_id=template_id, number=number, by=acting.actor)
    return render(
        request,
        "audit_templates/checklist.html",
        acting=acting,
        found=found,
        content=found.content,
        address=address_of(found),
        rule=overall_rule_in_words(found.content),
        say=in_words,
    )


@router.post(ADDRESS + "/new-version")
def begin_version(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, form: PostedForm
) -> Response:
    def make() -> Response:
        made = actions.new_version(acting.session, template_id=template_id, from_number=number, by=acting.actor)
        words = f"Version {made.version.number} started as a draft. Edit the draft, then publish it."
        return redirect(f"{address_of(made)}/edit", notice=words)

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except Conflict as conflict:
        found = actions.find_version(acting.session, template_id=template_id, number=number, by=acting.actor)
        return _version_page(request, acting, found, problem=conflict)


@router.get(ADDRESS + "/publish")
def confirm_publishing(request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number) -> Response:
    return _confirmation(request, acting, template_id, number, page="audit_templates/publish.html")


@router.post(ADDRESS + "/publish")
def publish(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, form: PostedForm
) -> Response:
    try:
        with acting.attempt():
            found = actions.publish_version(
                acting.session, template_id=template_id, number=number, version=form.version, by=acting.actor
            )
    except (Stale, Conflict) as problem:
        return _confirmation(request, acting, template_id, number, page="audit_templates/publish.html", problem=problem)
    return redirect(
        address_of(found), notice=f"Version {number} published. It can be used in a round and cannot be changed."
    )


@router.get(ADDRESS + "/retire")
def confirm_retiring(request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number) -> Response:
    return _confirmation(request, acting, template_id, number, page="audit_templates/retire.html")


@router.post(ADDRESS + "/retire")
def retire(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, form: PostedForm
) -> Response:
    try:
        with acting.attempt():
            found = actions.retire_version(
                acting.session, template_id=template_id, number=number, version=form.version, by=acting.actor
            )
    except (Stale, Conflict) as problem:
        return _confirmation(request, acting, template_id, number, page="audit_templates/retire.html", problem=problem)
    return redirect(address_of(found), notice=f"Version {number} retired. New rounds cannot use it.")


@router.get(ADDRESS + "/discard")
def confirm_discarding(request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number) -> Response:
    return _confirmation(request, acting, template_id, number, page="audit_templates/discard.html")


@router.post(ADDRESS + "/discard")
def discard(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, form: PostedForm
) -> Response:
    try:
        with acting.attempt():
            gone = actions.discard_draft(
                acting.session, template_id=template_id, number=number, version=form.version, by=acting.actor
            )
    except (Stale, Conflict) as problem:
        return _confirmation(request, acting, template_id, number, page="audit_templates/discard.html", problem=problem)
    return redirect("/templates", notice="Draft and template deleted." if gone else "Draft deleted.")


def _version_page(
    request: Request, acting: Transaction, found: FoundVersion, *, problem: Problem | None = None
) -> Response:
    used = actions.rounds_using(acting.session, [found], by=acting.actor)
    version_use: VersionUse = actions.version_use_of(acting.session, template_id=found.template.id, by=acting.actor)
    return render(
        request,
        "audit_templates/version.html",
        acting=acting,
        refusal=problem,
        rounds=next(iter(used.values()), 0),
        earlier=_earlier(acting, found),
        version_use=version_use,
        may_write=acting.actor.may(Permission.WRITE_TEMPLATES),
        colours=STATE_COLOURS,
        rule=overall_rule_in_words(found.content),
        **context_of(found),
    )


def _earlier(acting: Transaction, found: FoundVersion) -> int | None:
    """The number of the version before this one; None where there is none to see."""
    return next(iter(comparing.earlier_numbers(acting.session, found, by=acting.actor)), None)


def _confirmation(
    request: Request,
    acting: Transaction,
    template_id: uuid.UUID,
    number: int,
    *,
    page: str,
    problem: Problem | None = None,
) -> Response:
    """A page that asks before an irreversible change; it shows the current state, also after a refusal."""
    found = actions.find_version(acting.session, template_id=template_id, number=number, by=acting.actor)
    wanted = TemplateVersionState.PUBLISHED if page.endswith("retire.html") else TemplateVersionState.DRAFT
    if found.version.state is not wanted:
        state = found.version.state
        said = "a draft" if state is TemplateVersionState.DRAFT else state.value
        words = Conflict(f"Version {number} is {said}, so you cannot do this.")
        return _version_page(request, acting, found, problem=problem or words)
    words_of_problem = ""
    if problem is not None:
        is_stale = isinstance(problem, Stale)
        words_of_problem = (
            "This changed after you opened the page. Check the saved version, then decide again."
            if is_stale
            else problem.detail
        )
    return render(
        request,
        page,
        acting=acting,
        refusal=problem,
        earlier=_earlier(acting, found),
        faults=(Fault("", words_of_problem),) if words_of_problem else (),
        rule=overall_rule_in_words(found.content),
        **context_of(found),
    )


def context_of(found: FoundVersion) -> dict[str, Any]:
    """What the pages of one version need."""
    content = found.content
    return {
        "found": found,
        "content": content,
        "address": address_of(found),
        "version": found.version.version,
        "not_evidenced_words": NOT_EVIDENCED_WORDS,
        "say": in_words,
        "without_descriptors": [
            theme.label
            for theme in content.themes
            if content.graded and any(not theme.descriptors.get(rating.key) for rating in content.scale.ratings)
        ],
    }
