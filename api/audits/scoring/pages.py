"""Scoring an audit: one theme on a page, or all themes of a learning domain. No typed text is lost."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import Path, Query, Request
from starlette.responses import JSONResponse, Response

from api.audit_templates.own_places.actions import words_by_theme
from api.audits import actions as audits
from api.audits.actions import ReadAudit
from api.audits.parts import audit_path_of, can_score, next_step, relevant_harms, text_label
from api.audits.queries import known_themes
from api.audits.scoring import actions, drafts
from api.audits.scoring.continuing import go_on
from api.audits.scoring.forms import (
    KEEP_SAVED,
    KEEP_TYPED,
    SaveResult,
    ScoreForm,
    drafted,
    is_draft,
    keep_drafts,
    no_answer,
    prefix_of,
    save,
    stored,
    typed,
    typed_themes,
)
from api.audits.scoring.question_fields import questions_of_page
from api.audits.scoring.text_boxes import text_boxes
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, NotAllowed, NotFound, Problem, Stale
from checklists.templates.template import LearningDomain, Theme
from models import ScoreDraft, ScoringLayout

router = Router(include_in_schema=False)

ReadingScorer = Annotated[Transaction, reading(Permission.SCORE_AUDITS)]
WritingScorer = Annotated[Transaction, writing(Permission.SCORE_AUDITS)]
Key = Annotated[str, Path(max_length=60)]


@router.get("/audits/{audit_id}/themes/{theme_key}")
def show_theme(
    request: Request,
    acting: ReadingScorer,
    audit_id: uuid.UUID,
    theme_key: Key,
    came_from: Annotated[str, Query(alias="from", max_length=20)] = "",
) -> Response:
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    theme = _theme(found, theme_key)
    if not can_score(acting.actor, found):
        return redirect(f"{audit_path_of(found)}#theme-{theme.key}")
    draft = drafts.drafts_of(acting.session, found.audit, by=acting.actor).get(theme.key)
    shown = drafted(draft, theme) if draft is not None else stored(found, theme, questions=theme.questions)
    return _theme_page(request, acting, found, shown, came_from=came_from, draft=draft)


@router.post("/audits/{audit_id}/themes/{theme_key}")
def save_theme(
    request: Request, acting: WritingScorer, audit_id: uuid.UUID, theme_key: Key, form: PostedForm
) -> Response:
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor, lock=True)
    theme = _theme(found, theme_key)
    sent = typed(form, theme)
    if not sent.answer and sent.is_as_shown and not is_draft(form) and can_score(acting.actor, found):
        return _theme_page(
            request, acting, found, sent, status=422, faults=[no_answer(sent)], came_from=form.text("from")
        )
    return _saved(request, acting, found, form, themes=(theme,), domain=None)


@router.post("/audits/{audit_id}/themes/{theme_key}/clear")
def clear_theme(
    request: Request, acting: WritingScorer, audit_id: uuid.UUID, theme_key: Key, form: PostedForm
) -> Response:
    """Clear an answer: the theme is unanswered again."""
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    theme = _theme(found, theme_key)
    try:
        with acting.attempt():
            actions.clear_score(
                acting.session, audit_id=audit_id, theme=theme_key, version=form.version, by=acting.actor
            )
    except Stale:
        words = "The answer changed after you opened this page. The current answer is shown below."
        shown = stored(found, theme, questions=theme.questions)
        return _theme_page(request, acting, found, shown, status=409, faults=[Fault("", words)])
    drafts.discard_drafts(acting.session, found.audit, {theme.key})
    return redirect(audit_path_of(found), notice="Answer cleared. The theme is now unanswered.")


@router.post("/audits/{audit_id}/themes/{theme_key}/discard-draft")
def discard_draft(acting: WritingScorer, audit_id: uuid.UUID, theme_key: Key) -> Response:
    """Discard what was typed and not saved; the saved answer stays."""
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    theme = _theme(found, theme_key)
    drafts.discard_draft(acting.session, audit_id=audit_id, theme=theme.key, by=acting.actor)
    return redirect(audit_path_of(found, "themes", theme.key), notice="Draft discarded.")


@router.get("/audits/{audit_id}/domains/{domain_key}")
def show_domain(
    request: Request,
    acting: ReadingScorer,
    audit_id: uuid.UUID,
    domain_key: Key,
    came_from: Annotated[str, Query(alias="from", max_length=20)] = "",
) -> Response:
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    domain = _domain(found, domain_key)
    if not can_score(acting.actor, found):
        return redirect(audit_path_of(found))
    return _domain_page(request, acting, found, domain, came_from=came_from)


@router.post("/audits/{audit_id}/domains/{domain_key}")
def save_domain(
    request: Request, acting: WritingScorer, audit_id: uuid.UUID, domain_key: Key, form: PostedForm
) -> Response:
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor, lock=True)
    domain = _domain(found, domain_key)
    return _saved(request, acting, found, form, themes=domain.themes, domain=domain)


def _saved(
    request: Request,
    acting: Transaction,
    found: ReadAudit,
    form: TypedForm,
    *,
    themes: Sequence[Theme],
    domain: LearningDomain | None,
) -> Response:
    """Save what was sent, and continue; or show again everything that could not be saved."""
    sent = typed_themes(form, themes, alone=domain is None)
    if is_draft(form):
        return _draft_kept(request, acting, found, form, sent, domain)
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
        return _shown_again(request, acting, found, form, outcome, domain)
    layout = ScoringLayout.THEME if domain is None else ScoringLayout.LEARNING_DOMAIN
    path, notice = go_on(found, outcome.found, form, outcome, themes=themes, layout=layout)
    return redirect(path, notice=notice)


def _shown_again(
    request: Request,
    acting: Transaction,
    found: ReadAudit,
    form: TypedForm,
    outcome: SaveResult,
    domain: LearningDomain | None,
) -> Response:
    """What could not be saved, as it was typed, with why."""
    found = audits.find_audit(acting.session, audit_id=found.audit.id, by=acting.actor)
    came_from = form.text("from")
    if outcome.conflicting:
        faults = [
            Fault(f"{each.prefix}keep", f"“{each.theme.label}” was changed in another window.")
            for each in outcome.conflicting
        ]
        return _choice_page(request, acting, found, form, outcome, faults=faults)
    if domain is not None:
        return _domain_page(request, acting, found, domain, outcome=outcome, came_from=came_from)
    return _theme_page(
        request, acting, found, outcome.faulty[0], status=422, faults=outcome.faults, came_from=came_from
    )


def _draft_kept(
    request: Request,
    acting: Transaction,
    found: ReadAudit,
    form: TypedForm,
    sent: Sequence[ScoreForm],
    domain: LearningDomain | None,
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
        return _shown_again(request, acting, found, form, outcome, domain)
    return redirect(request.url.path, notice="Draft saved. It is part of the audit when you save your answer.")


def _theme_page(
    request: Request,
    acting: Transaction,
    found: ReadAudit,
    shown: ScoreForm,
    *,
    came_from: str = "",
    status: int = 200,
    faults: Sequence[Fault] = (),
    draft: ScoreDraft | None = None,
) -> Response:
    asked = found.asked.themes
    return render(
        request,
        "audits/scoring/theme.html",
        acting=acting,
        status=status,
        faults=faults,
        found=found,
        here_path=audit_path_of(found, "themes", shown.theme.key),
        audit_path=audit_path_of(found),
        domain=found.template.domain_of(shown.theme.key),
        place=asked.index(shown.theme.key) + 1 if shown.theme.key in asked else 0,
        shown=shown,
        boxes=text_boxes(found.template),
        known=known_themes(acting.session, found),
        draft=draft,
        page=questions_of_page(found, [shown.theme], shown.answers_to_questions() if faults or draft else {}),
        skip_path=next_step(
            found,
            after=shown.theme.key,
            answered=frozenset({shown.theme.key}),
            layout=ScoringLayout.THEME,
        ),
        came_from=came_from,
        bears_on=relevant_harms(found, shown.theme),
        lacking=_lacking(found, shown.theme),
        own_places=words_by_theme(acting.session, template_id=found.round.template_id, by=acting.actor),
    )


def _lacking(found: ReadAudit, theme: Theme) -> str:
    """The label of the first text that the theme's answer still needs; "" for none."""
    return next((text_label(found.template, name).lower() for name in found.lacking_texts(theme.key)), "")


def _domain_page(
    request: Request,
    acting: Transaction,
    found: ReadAudit,
    domain: LearningDomain,
    *,
    outcome: SaveResult | None = None,
    came_from: str = "",
) -> Response:
    kept: dict[str, ScoreForm] = dict(outcome.unsaved) if outcome else {}
    own_drafts = drafts.drafts_of(acting.session, found.audit, by=acting.actor)
    for theme in domain.themes:
        if theme.key in own_drafts and theme.key not in kept:
            kept[theme.key] = drafted(own_drafts[theme.key], theme, prefix=prefix_of(theme, alone=False))
    typed_answers = {key: answer for form in kept.values() for key, answer in form.answers_to_questions().items()}
    forms = [
        kept.get(theme.key) or stored(found, theme, prefix=prefix_of(theme, alone=False), questions=theme.questions)
        for theme in domain.themes
    ]
    return render(
        request,
        "audits/scoring/domain.html",
        acting=acting,
        status=422 if outcome else 200,
        faults=outcome.faults if outcome else (),
        found=found,
        here_path=audit_path_of(found, "domains", domain.key),
        audit_path=audit_path_of(found),
        domain=domain,
        place=found.template.learning_domains.index(domain) + 1,
        forms=forms,
        boxes=text_boxes(found.template),
        known=known_themes(acting.session, found),
        page=questions_of_page(found, domain.themes, typed_answers),
        kept=kept,
        drafts=own_drafts,
        saved=len(outcome.saved) if outcome else 0,
        unsaved=[each.theme.label for each in outcome.faulty] if outcome else [],
        came_from=came_from,
        bears_on={theme.key: relevant_harms(found, theme) for theme in domain.themes},
        lacking={theme.key: _lacking(found, theme) for theme in domain.themes},
        own_places=words_by_theme(acting.session, template_id=found.round.template_id, by=acting.actor),
    )


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


def _theme(found: ReadAudit, key: str) -> Theme:
    try:
        return found.template.theme(key)
    except KeyError:
        raise NotFound("theme") from None


def _domain(found: ReadAudit, key: str) -> LearningDomain:
    for domain in found.template.learning_domains:
        if domain.key == key:
            return domain
    raise NotFound("learning domain")
