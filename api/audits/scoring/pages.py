"""Scoring an audit: one theme on a page, or all themes of a learning domain. No typed text is lost."""

import uuid
from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import Path, Query, Request
from starlette.responses import Response

from api.audit_templates.own_places.actions import words_by_theme
from api.audits import actions as audits
from api.audits.actions import ReadAudit
from api.audits.parts import audit_path_of, can_score, next_step, relevant_harms
from api.audits.queries import known_themes
from api.audits.scoring import actions, drafts
from api.audits.scoring.continuing import go_on
from api.audits.scoring.forms import (
    SaveResult,
    ScoreForm,
    drafted,
    is_draft,
    no_answer,
    stored,
    typed,
)
from api.audits.scoring.question_fields import questions_of_page
from api.audits.scoring.saving_pages import ScoredPage, lacking_text, saved, several_themes
from api.audits.scoring.text_boxes import text_boxes
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Fault, NotFound, Stale
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

    def again(now: ReadAudit, outcome: SaveResult) -> Response:
        shown, came_from = outcome.faulty[0], form.text("from")
        return _theme_page(request, acting, now, shown, status=422, faults=outcome.faults, came_from=came_from)

    onward = _onward(found, form, (theme,), ScoringLayout.THEME)
    return saved(request, acting, found, form, ScoredPage((theme,), again, onward, alone=True))


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

    def again(now: ReadAudit, outcome: SaveResult) -> Response:
        return _domain_page(request, acting, now, domain, outcome=outcome, came_from=form.text("from"))

    onward = _onward(found, form, domain.themes, ScoringLayout.LEARNING_DOMAIN)
    return saved(request, acting, found, form, ScoredPage(domain.themes, again, onward))


def _onward(
    found: ReadAudit, form: TypedForm, themes: Sequence[Theme], layout: ScoringLayout
) -> Callable[[SaveResult], Response]:
    """Where a page with these themes goes on once they are saved."""

    def onward(outcome: SaveResult) -> Response:
        path, notice = go_on(found, outcome.found, form, outcome, themes=themes, layout=layout)
        return redirect(path, notice=notice)

    return onward


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
        lacking=lacking_text(found, shown.theme),
        own_places=words_by_theme(acting.session, template_id=found.round.template_id, by=acting.actor),
    )


def _domain_page(
    request: Request,
    acting: Transaction,
    found: ReadAudit,
    domain: LearningDomain,
    *,
    outcome: SaveResult | None = None,
    came_from: str = "",
) -> Response:
    return render(
        request,
        "audits/scoring/domain.html",
        acting=acting,
        here_path=audit_path_of(found, "domains", domain.key),
        domain=domain,
        place=found.template.learning_domains.index(domain) + 1,
        came_from=came_from,
        **several_themes(acting, found, domain.themes, outcome=outcome),
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
