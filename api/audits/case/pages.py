"""The page on which an auditor chooses the facts about the case, and writes its synopsis."""

import uuid
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from api.audits import actions as audits
from api.audits.actions import ReadAudit
from api.audits.case import actions
from api.audits.case.actions import NewCase
from api.audits.case.parts import TITLE
from api.audits.parts import audit_path_of, can_score, next_step
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, Invalid, NotAllowed, Problem, Stale
from checklists.audits.facts import MOST_WORDS_OF_A_SYNOPSIS

router = Router(include_in_schema=False)

ReadingScorer = Annotated[Transaction, reading(Permission.SCORE_AUDITS)]
WritingScorer = Annotated[Transaction, writing(Permission.SCORE_AUDITS)]
OVERTAKEN = "The case was changed in another window since you opened this page. Nothing you typed is lost."
# Where a person came from, or is to go next.
CHECK, LIST = "check", "list"


@router.get("/audits/{audit_id}/case")
def show_form(
    request: Request,
    acting: ReadingScorer,
    audit_id: uuid.UUID,
    came_from: Annotated[str, Query(alias="from", max_length=20)] = "",
) -> Response:
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    if not (can_score(acting.actor, found) and found.case.is_asked):
        return redirect(f"{audit_path_of(found)}#case-facts")
    return _page(request, acting, found, came_from=came_from)


@router.post("/audits/{audit_id}/case")
def save(request: Request, acting: WritingScorer, audit_id: uuid.UUID, form: PostedForm) -> Response:
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    new = _typed(found, form)
    try:
        with acting.attempt():
            actions.describe_case(acting.session, audit_id=audit_id, new=new, version=form.version, by=acting.actor)
    except (Conflict, NotAllowed) as problem:
        return _not_saved(request, acting, found, new, problem)
    except (Invalid, Stale) as problem:
        fresh = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
        return _page(request, acting, fresh, came_from=form.text("from"), problem=problem, form=form)
    onward = {CHECK: audit_path_of(found, "check"), LIST: audit_path_of(found)}.get(form.text("do"))
    return redirect(onward or next_step(found), notice="The case is saved.")


def _typed(found: ReadAudit, form: TypedForm) -> NewCase:
    """The case as it was typed. A synopsis that a browser only returns is the stored one."""
    chosen = {fact.key: form.text(f"facts/{fact.key}") for fact in found.template.case_facts}
    typed, was = form.text("synopsis"), found.case.synopsis
    is_same = typed == was.replace("\r\n", "\n").replace("\r", "\n").rstrip()
    facts = {fact: choice for fact, choice in chosen.items() if choice}
    return NewCase(facts, was if is_same else typed, form.keep_names())


def _page(
    request: Request,
    acting: Transaction,
    found: ReadAudit,
    *,
    came_from: str = "",
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    """The form; after a refusal with what was typed, and after a change in another window with what is saved now."""
    is_overtaken = isinstance(problem, Stale)
    version = str(found.case.version)
    return render(
        request,
        "audits/case/case.html",
        acting=acting,
        status=None if problem is None else 409 if is_overtaken else problem.status,
        refusal=problem,
        faults=[Fault("", OVERTAKEN)] if is_overtaken else None,
        # Saving again replaces what this page shows as saved.
        typed=None if form is None else {**form.typed, "version": [version]} if is_overtaken else form.typed,
        found=found,
        title=TITLE,
        audit_path=audit_path_of(found),
        came_from=came_from,
        is_overtaken=is_overtaken,
        version=version,
        most_words=MOST_WORDS_OF_A_SYNOPSIS,
    )


def _not_saved(request: Request, acting: Transaction, found: ReadAudit, new: NewCase, problem: Problem) -> Response:
    """Why nothing can be saved any more, with the synopsis as it was typed, to copy."""
    return render(
        request,
        "audits/not_saved.html",
        acting=acting,
        status=problem.status,
        found=found,
        audit_path=audit_path_of(found),
        problem=problem,
        typed_texts=[("Synopsis", new.synopsis)] if new.synopsis else [],
    )
