"""The page on which an auditor chooses the facts about the case, and writes its synopsis."""

import uuid
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from api.audits import actions as audits
from api.audits.actions import ReadAudit
from api.audits.beside.section_pages import save_section, show_section
from api.audits.case import actions
from api.audits.case.actions import NewCase
from api.audits.case.parts import TITLE
from api.audits.parts import audit_path_of, can_score, next_step
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect
from api.foundation.permissions import Permission
from api.foundation.problems import Problem
from checklists.audits.facts import MOST_WORDS_OF_A_SYNOPSIS

router = Router(include_in_schema=False)

ReadingScorer = Annotated[Transaction, reading(Permission.SCORE_AUDITS)]
WritingScorer = Annotated[Transaction, writing(Permission.SCORE_AUDITS)]
# Where a person came from, or is to go next.
CHECK = "check"


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

    def show_again(fresh: ReadAudit, problem: Problem) -> Response:
        return _page(request, acting, fresh, came_from=form.text("from"), problem=problem, form=form)

    return save_section(
        request,
        acting,
        found,
        form,
        write=lambda: actions.describe_case(
            acting.session, audit_id=audit_id, new=new, version=form.version, by=acting.actor
        ),
        texts=[("Synopsis", new.synopsis)],
        show_again=show_again,
        notice="Case facts saved.",
        next_page=audit_path_of(found, "check") if form.text("do") == CHECK else next_step(found),
    )


def _typed(found: ReadAudit, form: TypedForm) -> NewCase:
    chosen = {fact.key: form.text(f"facts/{fact.key}") for fact in found.template.case_facts}
    facts = {fact: choice for fact, choice in chosen.items() if choice}
    return NewCase(facts, form.text_or_stored("synopsis", found.case.synopsis), form.keep_names())


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
        page="audits/case/case.html",
        called="The case facts were",
        version=found.case.version,
        came_from=came_from,
        problem=problem,
        form=form,
        title=TITLE,
        most_words=MOST_WORDS_OF_A_SYNOPSIS,
    )
