"""Pages of the register of recommendations, and one recommendation with its actions and rounds."""

import uuid
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from api.foundation.http.dependencies import Page, Transaction, heavy_reading, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Invalid, Problem, Stale, is_allowed
from api.improvement.on_pages.page_parts import STATE_COLOURS
from api.improvement.planning_pages import identifier_in, on_field, one_of
from api.improvement.queries import actions_of_recommendation, possible_owners
from api.improvement.recommendations import actions, queries
from api.improvement.recommendations.actions import NewRecommendation
from api.improvement.recommendations.queries import FoundRecommendation
from api.improvement.rules import check_can_plan
from api.rounds.queries import published_versions
from models import SourceKind
from models.audits.template import published_content

router = Router(include_in_schema=False)

Reader = Annotated[Transaction, reading(Permission.READ_REPORTS)]
Writer = Annotated[Transaction, writing(Permission.WRITE_ACTIONS)]
ReadingWriter = Annotated[Transaction, reading(Permission.WRITE_ACTIONS)]
SOURCES = [{"value": kind.value, "text": kind.label} for kind in SourceKind]


@router.get("/recommendations")
def list_recommendations(request: Request, acting: Reader, page: Page) -> Response:
    found = queries.list_recommendations(acting.session, by=acting.actor, limit=page.to_fetch, before=page.after_id)
    shown, after = page.cut(found, key=lambda each: each.recommendation.id)
    return render(
        request,
        "improvement/recommendations/list.html",
        acting=acting,
        found=shown,
        after=after,
        first=page.after is None,
    )


@router.get("/recommendations/new")
def ask_for_recommendation(
    request: Request,
    acting: ReadingWriter,
    template: Annotated[str, Query(max_length=60, description="The template with its themes.")] = "",
) -> Response:
    check_can_plan(acting.actor)
    return _form_page(request, acting, None, template=template)


@router.post("/recommendations/new")
def record_recommendation(request: Request, acting: Writer, form: PostedForm) -> Response:
    def make() -> Response:
        made = actions.record_recommendation(acting.session, new=_new_of(form), by=acting.actor)
        return redirect(f"/recommendations/{made.id}", notice="Recommendation recorded.")

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except Invalid as problem:
        return _form_page(request, acting, None, template=form.text("template"), problem=problem, form=form)


@router.get("/recommendations/{recommendation_id}")
def show_recommendation(
    request: Request,
    acting: Annotated[Transaction, heavy_reading(Permission.READ_REPORTS)],
    recommendation_id: uuid.UUID,
) -> Response:
    found = queries.find_recommendation(acting.session, recommendation_id=recommendation_id, by=acting.actor)
    return render(
        request,
        "improvement/recommendations/show.html",
        acting=acting,
        found=found,
        actions=actions_of_recommendation(acting.session, acting.actor, recommendation_id),
        colours=STATE_COLOURS,
        since=queries.rounds_since(acting.session, found, by=acting.actor),
        may_change=is_allowed(actions.check_can_change, acting.actor, found.recommendation),
    )


@router.get("/recommendations/{recommendation_id}/edit")
def ask_what_changes(
    request: Request,
    acting: ReadingWriter,
    recommendation_id: uuid.UUID,
    template: Annotated[str, Query(max_length=60, description="The template with its themes.")] = "",
) -> Response:
    found = _to_change(acting, recommendation_id)
    return _form_page(request, acting, found, template=template or _template_of(found))


@router.post("/recommendations/{recommendation_id}/edit")
def change_recommendation(request: Request, acting: Writer, recommendation_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            actions.change_recommendation(
                acting.session,
                recommendation_id=recommendation_id,
                new=_new_of(form),
                version=form.version,
                by=acting.actor,
            )
    except (Invalid, Stale) as problem:
        found = _to_change(acting, recommendation_id)
        return _form_page(request, acting, found, template=form.text("template"), problem=problem, form=form)
    return redirect(f"/recommendations/{recommendation_id}", notice="Recommendation changed.")


@router.get("/recommendations/{recommendation_id}/answer")
def ask_for_answer(request: Request, acting: ReadingWriter, recommendation_id: uuid.UUID) -> Response:
    return _answer_page(request, acting, recommendation_id)


@router.post("/recommendations/{recommendation_id}/answer")
def answer_recommendation(request: Request, acting: Writer, recommendation_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            actions.answer_recommendation(
                acting.session,
                recommendation_id=recommendation_id,
                answer=form.text("answer"),
                version=form.version,
                by=acting.actor,
                keep_names=form.keep_names(),
            )
    except (Invalid, Stale) as problem:
        return _answer_page(request, acting, recommendation_id, problem=problem, form=form)
    return redirect(f"/recommendations/{recommendation_id}", notice="Recommendation answered.")


def _to_change(acting: Transaction, recommendation_id: uuid.UUID) -> FoundRecommendation:
    check_can_plan(acting.actor)
    found = queries.find_recommendation(acting.session, recommendation_id=recommendation_id, by=acting.actor)
    actions.check_can_change(acting.actor, found.recommendation)
    return found


def _template_of(found: FoundRecommendation) -> str:
    own = found.recommendation
    return f"{own.template_id}/{own.template_version}" if own.template_id else ""


def _new_of(form: TypedForm) -> NewRecommendation:
    source_on = form.date("source_on", "The date of the source", needed=False)
    due_on = form.date("due_on", "The date", needed=False)
    form.check()
    template_id, number = _version_in(form.text("template"))
    return NewRecommendation(
        source_kind=one_of(SourceKind, form.text("source_kind")),
        source=form.text("source"),
        source_on=source_on,
        words=form.text("words"),
        template_id=template_id,
        template_version=number,
        themes=tuple(form.texts("themes")),
        owner_id=identifier_in(form.text("owner_id")),
        owner_post=form.text("owner_post"),
        due_on=due_on,
        keep_names=form.keep_names(),
    )


def _version_in(typed: str) -> tuple[uuid.UUID | None, int | None]:
    """The template version of a choice such as `<template>/2`; nothing for anything else."""
    template, _, number = typed.partition("/")
    template_id = identifier_in(template)
    if template_id is None or not number.isdecimal() or len(number) > 6:
        return None, None
    return template_id, int(number)


def _form_page(
    request: Request,
    acting: Transaction,
    found: FoundRecommendation | None,
    *,
    template: str,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    template_id, number = _version_in(template)
    content = None
    if template_id is not None and number is not None:
        content = published_content(acting.session, acting.actor.organisation_id, template_id, number)
    versions = published_versions(acting.session, by=acting.actor)
    people = possible_owners(acting.session, acting.actor)
    return render(
        request,
        "improvement/recommendations/form.html",
        acting=acting,
        refusal=problem,
        form=form,
        on_field=on_field,
        found=found,
        is_stale=isinstance(problem, Stale),
        sources=SOURCES,
        chosen_template=template if content else "",
        templates=[
            {"value": f"{each.template_id}/{each.number}", "text": f"{each.title}, version {each.number}"}
            for each in versions
        ],
        themes=[{"value": theme.key, "text": theme.label} for theme in content.themes] if content else [],
        owners=[{"value": str(person_id), "text": name} for person_id, name in people.items()],
    )


def _answer_page(
    request: Request,
    acting: Transaction,
    recommendation_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    found = _to_change(acting, recommendation_id)
    return render(
        request,
        "improvement/recommendations/answer.html",
        acting=acting,
        refusal=problem,
        form=form,
        found=found,
        is_stale=isinstance(problem, Stale),
    )
