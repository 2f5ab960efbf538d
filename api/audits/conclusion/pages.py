"""The pages on which an auditor writes the conclusion of an audit, and from which feedback is printed."""

import uuid
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from api.audits import actions as audits
from api.audits.actions import ReadAudit
from api.audits.conclusion import actions
from api.audits.conclusion.actions import NewConclusion
from api.audits.parts import audit_path_of, can_score
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, Invalid, NotAllowed, Problem, Stale
from checklists.audits.conclusion import ConclusionPart

router = Router(include_in_schema=False)

Reader = Annotated[Transaction, reading(Permission.READ_AUDITS)]
ReadingScorer = Annotated[Transaction, reading(Permission.SCORE_AUDITS)]
WritingScorer = Annotated[Transaction, writing(Permission.SCORE_AUDITS)]
OVERTAKEN = "The conclusion was changed in another window since you opened this page. Nothing you typed is lost."
# Where a person came from, or is to go next.
LIST = "list"


@router.get("/audits/{audit_id}/conclusion")
def show_form(
    request: Request,
    acting: ReadingScorer,
    audit_id: uuid.UUID,
    came_from: Annotated[str, Query(alias="from", max_length=20)] = "",
) -> Response:
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    if not can_score(acting.actor, found):
        return redirect(f"{audit_path_of(found)}#conclusion")
    return _page(request, acting, found, came_from=came_from)


@router.post("/audits/{audit_id}/conclusion")
def save(request: Request, acting: WritingScorer, audit_id: uuid.UUID, form: PostedForm) -> Response:
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    new = _typed(found, form)
    try:
        with acting.attempt():
            actions.write_conclusion(acting.session, audit_id=audit_id, new=new, version=form.version, by=acting.actor)
    except (Conflict, NotAllowed) as problem:
        return _not_saved(request, acting, found, new, problem)
    except (Invalid, Stale) as problem:
        fresh = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
        return _page(request, acting, fresh, came_from=form.text("from"), problem=problem, form=form)
    onward = () if form.text("do") == LIST else ("check",)
    return redirect(audit_path_of(found, *onward), notice="The conclusion is saved.")


@router.get("/audits/{audit_id}/feedback")
def show_feedback(request: Request, acting: Reader, audit_id: uuid.UUID) -> Response:
    """What is given to the practitioner, for paper: no grade, and nothing of what worries the auditor."""
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    return render(
        request,
        "audits/conclusion/feedback.html",
        acting=acting,
        found=found,
        audit_path=audit_path_of(found),
        texts=found.conclusion.for_practitioner,
    )


def _typed(found: ReadAudit, form: TypedForm) -> NewConclusion:
    """The texts as they were typed. One that a browser only returns is the stored one, whatever its line ends are."""
    stored = found.conclusion.texts
    texts = []
    for part in ConclusionPart:
        typed, was = form.text(part.value), stored.get(part, "")
        is_same = typed == was.replace("\r\n", "\n").replace("\r", "\n").rstrip()
        texts.append(was if is_same else typed)
    return NewConclusion(texts, form.keep_names())


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
    version = str(found.conclusion.version)
    return render(
        request,
        "audits/conclusion/conclusion.html",
        acting=acting,
        status=None if problem is None else 409 if is_overtaken else problem.status,
        refusal=problem,
        faults=[Fault("", OVERTAKEN)] if is_overtaken else None,
        # Saving again replaces what this page shows as saved.
        typed=None if form is None else {**form.typed, "version": [version]} if is_overtaken else form.typed,
        found=found,
        audit_path=audit_path_of(found),
        came_from=came_from,
        is_overtaken=is_overtaken,
        version=version,
    )


def _not_saved(
    request: Request, acting: Transaction, found: ReadAudit, new: NewConclusion, problem: Problem
) -> Response:
    """Why nothing can be saved any more, with the typed texts to copy."""
    return render(
        request,
        "audits/not_saved.html",
        acting=acting,
        status=problem.status,
        found=found,
        audit_path=audit_path_of(found),
        problem=problem,
        typed_texts=[(part.label, new.text(part)) for part in ConclusionPart if new.text(part)],
    )
