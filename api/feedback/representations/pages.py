"""Pages on which a team reads shared feedback and disagrees, and on which a moderator answers."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.audits.parts import audit_path_of
from api.feedback import rules
from api.feedback.representations import actions, paging
from api.feedback.sheets.document import themes_in_words
from api.foundation.http.dependencies import Page, Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Invalid, NotAllowed, Problem, is_allowed

router = Router(include_in_schema=False)

ReadingTeam = Annotated[Transaction, reading(Permission.WRITE_REPRESENTATIONS)]
WritingTeam = Annotated[Transaction, writing(Permission.WRITE_REPRESENTATIONS)]
ReadingModerator = Annotated[Transaction, reading(Permission.MODERATE_AUDITS)]
WritingModerator = Annotated[Transaction, writing(Permission.MODERATE_AUDITS)]
DECISIONS = [{"value": "yes", "text": "Upheld"}, {"value": "no", "text": "Not upheld"}]


@router.get("/team-feedback")
def list_shared(request: Request, acting: ReadingTeam, page: Page) -> Response:
    found = actions.list_shared(acting.session, after=page.after_id, limit=page.to_fetch, by=acting.actor)
    shown, after = page.cut(found, key=lambda each: each.sheet.id)
    return render(
        request,
        "feedback/representations/shared.html",
        acting=acting,
        items=shown,
        after=after,
        first=page.after is None,
    )


@router.get("/team-feedback/{sheet_id}")
def show_shared(request: Request, acting: ReadingTeam, sheet_id: uuid.UUID) -> Response:
    return _shared_page(request, acting, sheet_id)


@router.post("/team-feedback/{sheet_id}")
def disagree(request: Request, acting: WritingTeam, sheet_id: uuid.UUID, form: PostedForm) -> Response:
    def make() -> Response:
        actions.disagree(
            acting.session,
            sheet_id=sheet_id,
            theme=form.text("theme"),
            words=form.text("words"),
            by=acting.actor,
            keep_names=form.keep_names(),
        )
        return redirect(f"/team-feedback/{sheet_id}", notice="Representation made. A moderator will answer it.")

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except (Invalid, Conflict, NotAllowed) as problem:
        return _shared_page(request, acting, sheet_id, problem=problem, form=form)


@router.get("/representations")
def list_waiting(request: Request, acting: ReadingModerator, page: Page) -> Response:
    found = actions.list_waiting(acting.session, after=paging.place_of(page), limit=page.to_fetch, by=acting.actor)
    shown, after = page.cut(found, key=paging.key_of)
    return render(
        request,
        "feedback/representations/waiting.html",
        acting=acting,
        items=shown,
        after=after,
        first=page.after is None,
    )


@router.get("/audits/{audit_id}/representations/{theme}")
def ask_what_is_decided(request: Request, acting: ReadingModerator, audit_id: uuid.UUID, theme: str) -> Response:
    return _decision_page(request, acting, audit_id, theme)


@router.post("/audits/{audit_id}/representations/{theme}")
def decide(request: Request, acting: WritingModerator, audit_id: uuid.UUID, theme: str, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            actions.decide(
                acting.session,
                audit_id=audit_id,
                theme=theme,
                upheld={"yes": True, "no": False}.get(form.text("upheld")),
                words=form.text("words"),
                by=acting.actor,
                keep_names=form.keep_names(),
            )
    except (Invalid, Conflict, NotAllowed) as problem:
        return _decision_page(request, acting, audit_id, theme, problem=problem, form=form)
    return redirect(f"/audits/{audit_id}/representations/{theme}", notice="Representation answered.")


def _shared_page(
    request: Request,
    acting: Transaction,
    sheet_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    shown, reference, made = actions.read_shared(acting.session, sheet_id=sheet_id, by=acting.actor)
    disagreed = {each.representation.theme for each in made}
    may = is_allowed(rules.check_can_disagree, acting.session, acting.actor, shown.audit, shown.sheet)
    return render(
        request,
        "feedback/representations/shared_sheet.html",
        acting=acting,
        refusal=problem,
        form=form,
        shown=shown,
        reference=reference,
        themes=themes_in_words(shown),
        made=made,
        choices=[{"value": each.key, "text": each.label} for each in shown.themes if each.key not in disagreed]
        if may
        else [],
    )


def _decision_page(
    request: Request,
    acting: Transaction,
    audit_id: uuid.UUID,
    theme: str,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    found, shown = actions.find_with_score(acting.session, audit_id=audit_id, theme=theme, by=acting.actor)
    score = found.scores.get(theme)
    label = found.template.scale.label
    return render(
        request,
        "feedback/representations/decision.html",
        acting=acting,
        refusal=problem,
        form=form,
        found=found,
        shown=shown,
        audit_path=audit_path_of(found),
        answer=label(shown.representation.answer),
        in_force=label(found.answers_in_force[theme]),
        rationale=score.rationale if score else "",
        may_decide=is_allowed(rules.check_can_decide, acting.session, acting.actor, found.audit, shown.representation),
        decisions=DECISIONS,
    )
