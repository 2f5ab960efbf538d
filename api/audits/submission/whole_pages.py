"""The whole audit on one page: every theme of every learning domain, saved as on their own pages, and submitted."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.audits import actions as audits
from api.audits.actions import ReadAudit
from api.audits.consistency.parts import contradicts_itself
from api.audits.parts import audit_path_of, can_score, progress_of
from api.audits.scoring.continuing import still_needed
from api.audits.scoring.forms import SaveResult
from api.audits.scoring.saving_pages import ScoredPage, saved, several_themes
from api.audits.submission import actions
from api.audits.submission.pages import (
    OVERTAKEN,
    SUBMIT,
    SUBMIT_AND_NEXT,
    after_submission,
    check_again,
    is_submitted_by,
)
from api.audits.worklists import next_audit_of
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, Invalid, Stale

router = Router(include_in_schema=False)

ReadingScorer = Annotated[Transaction, reading(Permission.SCORE_AUDITS)]
WritingScorer = Annotated[Transaction, writing(Permission.SCORE_AUDITS)]


@router.get("/audits/{audit_id}/whole")
def show_whole_audit(request: Request, acting: ReadingScorer, audit_id: uuid.UUID) -> Response:
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    if not can_score(acting.actor, found):
        return redirect(audit_path_of(found))
    return _page(request, acting, found)


@router.post("/audits/{audit_id}/whole")
def save_whole_audit(request: Request, acting: WritingScorer, audit_id: uuid.UUID, form: PostedForm) -> Response:
    """Save what was changed, and submit the audit if that was asked for."""
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor, lock=True)
    submits = form.text("do") in {SUBMIT, SUBMIT_AND_NEXT} and not form.has("choose")
    if submits and is_submitted_by(found, acting.actor):
        # The button was pressed twice.
        return after_submission(acting, found, form.text("do"), opens="whole")
    is_fresh = found.audit.version == form.version if submits else True

    def again(now: ReadAudit, outcome: SaveResult) -> Response:
        return _page(request, acting, now, outcome=outcome)

    def onward(outcome: SaveResult) -> Response:
        now = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
        if not submits:
            return _saved(now, outcome, form)
        if not is_fresh:
            return _page(request, acting, now, faults=[Fault("", OVERTAKEN)], status=409)
        return _submitted(request, acting, now, form)

    return saved(request, acting, found, form, ScoredPage(tuple(found.template.themes), again, onward))


def _saved(now: ReadAudit, outcome: SaveResult, form: TypedForm) -> Response:
    pages = {"list": audit_path_of(now), "check": audit_path_of(now, "check")}
    return redirect(
        pages.get(form.text("do"), audit_path_of(now, "whole")), notice=still_needed(now, outcome) or "Saved."
    )


def _submitted(request: Request, acting: Transaction, now: ReadAudit, form: TypedForm) -> Response:
    """Submit an audit that is saved. One that contradicts itself is shown with its answers first; that a text is empty
    its auditor has seen on the page.
    """
    if contradicts_itself(now):
        return redirect(audit_path_of(now, "check"), notice="Saved. Check the points below, then submit the audit.")
    try:
        with acting.attempt():
            actions.submit_audit(acting.session, audit_id=now.audit.id, version=now.audit.version, by=acting.actor)
    except Invalid as problem:
        if all(fault.pointer.startswith(("/scores/", "/questions/")) for fault in problem.faults):
            return _page(request, acting, now, faults=[_placed(now, fault) for fault in problem.faults], status=422)
        return check_again(request, acting, now.audit.id, problem)
    except (Stale, Conflict) as problem:
        return check_again(request, acting, now.audit.id, problem)
    return after_submission(acting, now, form.text("do"), opens="whole")


def _placed(now: ReadAudit, fault: Fault) -> Fault:
    """What is missing, at its field of this page: an answer, or a text that the answer needs."""
    if not fault.pointer.startswith("/scores/"):
        return fault
    theme, _, name = fault.pointer.removeprefix("/scores/").partition("/")
    field = name or next(iter(now.lacking_texts(theme)), "answer")
    return replace(fault, pointer=f"{theme}--{field}")


def _page(
    request: Request,
    acting: Transaction,
    found: ReadAudit,
    *,
    outcome: SaveResult | None = None,
    faults: Sequence[Fault] = (),
    status: int = 0,
) -> Response:
    shown = several_themes(acting, found, tuple(found.template.themes), outcome=outcome)
    forms = {each.theme.key: each for each in shown["forms"]}
    return render(
        request,
        "audits/submission/whole.html",
        acting=acting,
        here_path=audit_path_of(found, "whole"),
        progress=progress_of(found),
        groups=[
            {"domain": domain, "forms": [forms[theme.key] for theme in domain.themes]}
            for domain in found.template.learning_domains
        ],
        must_judge=found.template.graded
        and found.template.overall_rule.auditor_chooses
        and not found.audit.overall_override,
        next_audit=next_audit_of(acting.session, acting.actor, other_than=found.audit.id),
        **shown
        # What to look for is one click away: the page stays short.
        | {"known": frozenset(forms)}
        | ({"faults": faults, "status": status} if status else {}),
    )
