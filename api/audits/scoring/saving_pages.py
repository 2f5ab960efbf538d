"""Saving a page of scores: one theme, those of a learning domain, or all of an audit. No typed text is lost."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse, Response

from api.audit_templates.own_places.actions import words_by_theme
from api.audits import actions as audits
from api.audits.actions import ReadAudit
from api.audits.parts import audit_path_of, relevant_harms, text_label
from api.audits.queries import known_themes
from api.audits.scoring import drafts
from api.audits.scoring.forms import (
    KEEP_SAVED,
    KEEP_TYPED,
    SaveResult,
    ScoreForm,
    drafted,
    is_draft,
    keep_drafts,
    prefix_of,
    save,
    stored,
    typed_themes,
)
from api.audits.scoring.question_fields import questions_of_page
from api.audits.scoring.text_boxes import text_boxes
from api.foundation.http.dependencies import Transaction
from api.foundation.pages.forms import TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.problems import Conflict, Fault, NotAllowed, Problem
from checklists.templates.template import Theme


@dataclass(frozen=True, slots=True)
class ScoredPage:
    """A page with the scores of these themes.

    `again` shows it with what could not be saved; `onward` says where it goes on once everything is.
    """

    themes: Sequence[Theme]
    again: Callable[[ReadAudit, SaveResult], Response]
    onward: Callable[[SaveResult], Response]
    alone: bool = False


def saved(request: Request, acting: Transaction, found: ReadAudit, form: TypedForm, page: ScoredPage) -> Response:
    """Save what was sent, and continue; or show again everything that could not be saved."""
    sent = typed_themes(form, page.themes, alone=page.alone)
    if is_draft(form):
        return _draft_kept(request, acting, found, form, sent, page)
    to_choose = set(form.texts("choose"))
    undecided = [
        each
        for each in sent
        if each.theme.key in to_choose and form.text(f"{each.prefix}keep") not in {KEEP_TYPED, KEEP_SAVED}
    ]
    if undecided:
        conflicting = [each for each in sent if each.theme.key in to_choose]
        held = [each for each in sent if each.theme.key not in to_choose]
        faults = [
            Fault(f"{each.prefix}keep", f"Select which version to keep for “{each.theme.label}”") for each in undecided
        ]
        outcome = SaveResult(found, faulty=held, conflicting=conflicting)
        return _choice_page(request, acting, found, form, outcome, faults=faults, typed=form.typed, status=422)
    sent = [each for each in sent if form.text(f"{each.prefix}keep") != KEEP_SAVED]
    try:
        outcome = save(acting, found, sent)
    except (Conflict, NotAllowed) as problem:
        return _not_saved(request, acting, found, sent, problem)
    if outcome.unsaved:
        return _shown_again(request, acting, found, form, outcome, page)
    return page.onward(outcome)


def _shown_again(
    request: Request,
    acting: Transaction,
    found: ReadAudit,
    form: TypedForm,
    outcome: SaveResult,
    page: ScoredPage,
) -> Response:
    """What could not be saved, as it was typed, with why."""
    found = audits.find_audit(acting.session, audit_id=found.audit.id, by=acting.actor)
    if outcome.conflicting:
        faults = [
            Fault(f"{each.prefix}keep", f"“{each.theme.label}” was changed in another window.")
            for each in outcome.conflicting
        ]
        return _choice_page(request, acting, found, form, outcome, faults=faults)
    return page.again(found, outcome)


def _draft_kept(
    request: Request,
    acting: Transaction,
    found: ReadAudit,
    form: TypedForm,
    sent: Sequence[ScoreForm],
    page: ScoredPage,
) -> Response:
    """Keep what was typed as a draft, for a person who pressed the button or for the script of the page."""
    try:
        outcome = keep_drafts(acting, found, form, sent)
    except (Conflict, NotAllowed) as problem:
        if form.has("quiet"):
            return JSONResponse({"problem": problem.detail}, problem.status)
        return _not_saved(request, acting, found, sent, problem)
    if form.has("quiet"):
        changed = "It was changed in another window. Save to choose which version to keep."
        problems = [*(fault.detail for fault in outcome.faults), *(changed for _ in outcome.conflicting)]
        return JSONResponse({"problem": problems[0]}, 422) if problems else JSONResponse({})
    if outcome.unsaved:
        return _shown_again(request, acting, found, form, outcome, page)
    return redirect(request.url.path, notice="Draft saved. It is part of the audit when you save your answer.")


def lacking_text(found: ReadAudit, theme: Theme) -> str:
    """The label of the first text that the theme's answer still needs; "" for none."""
    return next((text_label(found.template, name).lower() for name in found.lacking_texts(theme.key)), "")


def several_themes(
    acting: Transaction, found: ReadAudit, themes: Sequence[Theme], *, outcome: SaveResult | None = None
) -> dict[str, Any]:
    """What a page of several themes shows of them: as saved, as a draft has it, or as it was typed and not saved."""
    kept: dict[str, ScoreForm] = dict(outcome.unsaved) if outcome else {}
    own_drafts = drafts.drafts_of(acting.session, found.audit, by=acting.actor)
    for theme in themes:
        if theme.key in own_drafts and theme.key not in kept:
            kept[theme.key] = drafted(own_drafts[theme.key], theme, prefix=prefix_of(theme, alone=False))
    typed_answers = {key: answer for form in kept.values() for key, answer in form.answers_to_questions().items()}
    forms = [
        kept.get(theme.key) or stored(found, theme, prefix=prefix_of(theme, alone=False), questions=theme.questions)
        for theme in themes
    ]
    return {
        "status": 422 if outcome else 200,
        "faults": outcome.faults if outcome else (),
        "found": found,
        "audit_path": audit_path_of(found),
        "forms": forms,
        "boxes": text_boxes(found.template),
        "known": known_themes(acting.session, found),
        "page": questions_of_page(found, themes, typed_answers),
        "kept": kept,
        "drafts": own_drafts,
        "saved": len(outcome.saved) if outcome else 0,
        "unsaved": [each.theme.label for each in outcome.faulty] if outcome else [],
        "bears_on": {theme.key: relevant_harms(found, theme) for theme in themes},
        "lacking": {theme.key: lacking_text(found, theme) for theme in themes},
        "own_places": words_by_theme(acting.session, template_id=found.round.template_id, by=acting.actor),
    }


def _choice_page(
    request: Request,
    acting: Transaction,
    found: ReadAudit,
    form: TypedForm,
    outcome: SaveResult,
    *,
    faults: Sequence[Fault],
    typed: Mapping[str, Sequence[str]] | None = None,
    status: int = 409,
) -> Response:
    """What is saved now beside what was typed, for each theme that another window changed meanwhile."""
    return render(
        request,
        "audits/choose.html",
        acting=acting,
        status=status,
        faults=faults,
        typed=typed,
        found=found,
        here_path=request.url.path,
        audit_path=audit_path_of(found),
        pairs=[
            (each.seen_again(found), stored(found, each.theme, questions=[line.question for line in each.questions]))
            for each in outcome.conflicting
        ],
        held=outcome.faulty,
        saved=len(outcome.saved),
        onward=form.text("do"),
        came_from=form.text("from"),
    )


def _not_saved(
    request: Request, acting: Transaction, found: ReadAudit, sent: Sequence[ScoreForm], problem: Problem
) -> Response:
    """Why nothing can be saved any more, with the typed texts to copy."""
    return render(
        request,
        "audits/scoring/not_saved.html",
        acting=acting,
        status=problem.status,
        found=found,
        audit_path=audit_path_of(found),
        problem=problem,
        unsaved=[each for each in sent if not each.is_as_shown],
    )
