"""The pages on which an auditor writes the conclusion of an audit, and from which feedback is printed."""

import uuid
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from api.audits import actions as audits
from api.audits.actions import ReadAudit
from api.audits.beside.section_pages import save_section, show_section
from api.audits.conclusion import actions
from api.audits.conclusion.actions import NewConclusion
from api.audits.parts import audit_path_of, can_score
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Problem
from checklists.audits.conclusion import MOST_MINUTES, ConclusionPart

router = Router(include_in_schema=False)

Reader = Annotated[Transaction, reading(Permission.READ_AUDITS)]
ReadingScorer = Annotated[Transaction, reading(Permission.SCORE_AUDITS)]
WritingScorer = Annotated[Transaction, writing(Permission.SCORE_AUDITS)]


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

    def write() -> None:
        form.check()
        actions.write_conclusion(acting.session, audit_id=audit_id, new=new, version=form.version, by=acting.actor)

    def show_again(fresh: ReadAudit, problem: Problem) -> Response:
        return _page(request, acting, fresh, came_from=form.text("from"), problem=problem, form=form)

    return save_section(
        request,
        acting,
        found,
        form,
        write=write,
        texts=[(part.label, new.text(part)) for part in ConclusionPart],
        show_again=show_again,
        notice="Conclusion saved.",
    )


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
    stored = found.conclusion.texts
    texts = [form.text_or_stored(part.value, stored.get(part, "")) for part in ConclusionPart]
    minutes = form.whole_number("minutes", "The minutes", least=1, most=MOST_MINUTES, needed=False)
    return NewConclusion(texts, form.keep_names(), minutes)


def _page(
    request: Request,
    acting: Transaction,
    found: ReadAudit,
    *,
    came_from: str = "",
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    return show_section(
        request,
        acting,
        found,
        page="audits/conclusion/conclusion.html",
        called="The conclusion was",
        version=found.conclusion.version,
        came_from=came_from,
        problem=problem,
        form=form,
    )
