"""Pages of rounds: the list, one round and its progress, planning, opening and closing."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import Query, Request
from markupsafe import Markup
from starlette.responses import Response

from api.foundation.http.dependencies import ActorRequest, Computed, Page, Transaction, computing, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.choices import Choice
from api.foundation.pages.forms import PostedForm, TypedForm, identifier_in, submit_once
from api.foundation.pages.home_page import next_step_or
from api.foundation.pages.rendering import fragment, redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, Invalid, Problem, Stale
from api.foundation.text.names import check_title
from api.rounds import actions, closing, queries
from api.rounds.actions import LONGEST_TITLE, RoundPlan
from api.rounds.closing import PreparedClosing, is_blind_in
from api.rounds.hooks import NEXT_QUESTIONS, PARTS, STEPS, ShownRound, Side, Step
from api.rounds.progress import counts_of_rounds, is_overdue, progress_of
from api.rounds.stages import (
    check_may_be_changed,
    check_may_be_closed,
    check_may_be_opened,
    may_be_closed,
    may_be_opened,
)
from api.rounds.unfinished import closing_statement, unfinished_in
from models import Round, RoundState

router = Router(include_in_schema=False)

ReadingLead = Annotated[Transaction, reading(Permission.WRITE_ROUNDS)]
WritingLead = Annotated[Transaction, writing(Permission.WRITE_ROUNDS)]
MOST_OFFERED = 200
CHANGED = Fault(
    "", ("Someone else has changed this round since you opened the page. Read the latest version, then decide.")
)
STATE_COLOURS = {RoundState.PLANNED: "grey", RoundState.OPEN: "blue", RoundState.CLOSED: "green"}


@router.get("/rounds")
def list_rounds(
    request: Request,
    acting: ReadingLead,
    page: Page,
    state: Annotated[str, Query(max_length=40)] = "",
    template: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Empty values of state and template mean no filter: a form always sends its empty fields."""
    found = queries.list_rounds(
        acting.session,
        by=acting.actor,
        limit=page.to_fetch,
        after=page.after_id,
        states=[RoundState(state)] if state in set(RoundState) else [],
        template_id=identifier_in(template),
    )
    shown, after = page.cut(found, key=lambda each: each.id)
    counts = counts_of_rounds(acting.session, shown, by=acting.actor)
    return render(
        request,
        "rounds/list.html",
        acting=acting,
        rounds=[(audit_round, counts[audit_round.id]) for audit_round in shown],
        colours=STATE_COLOURS,
        states=[{"value": each.value, "text": each.value.capitalize()} for each in RoundState],
        templates=_templates(acting),
        chosen={"state": state, "template": template},
        after=after,
        first=page.after is None,
    )


def _templates(acting: Transaction) -> list[Choice]:
    """The published templates, each with the title of its newest version."""
    titles: dict[uuid.UUID, tuple[int, str]] = {}
    for version in queries.published_versions(acting.session, by=acting.actor):
        newest, _ = titles.get(version.template_id, (0, ""))
        if version.number > newest:
            titles[version.template_id] = (version.number, version.title)
    return [{"value": str(key), "text": title} for key, (_, title) in titles.items()]


@router.get("/rounds/new")
def new_round(request: Request, acting: ReadingLead) -> Response:
    return _form_page(request, acting)


@router.post("/rounds/new")
def make_round(request: Request, acting: WritingLead, form: PostedForm) -> Response:
    def make() -> Response:
        part = next((path for question in NEXT_QUESTIONS if (path := question.read(form))), "")
        plan = actions.with_proposed_targets(acting.session, plan=_plan_of(form), by=acting.actor)
        made = actions.create_round(acting.session, plan=plan, by=acting.actor)
        page = f"/rounds/{made.id}"
        onward = f"{page}/{part}" if part else next_step_or(page, acting.session, by=acting.actor)
        return redirect(onward, notice="Round planned. Allocate case files, then open the round.")

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except Invalid as problem:
        return _form_page(request, acting, problem=problem, form=form)


@router.get("/rounds/{round_id}")
def show_round(request: Request, acting: ReadingLead, round_id: uuid.UUID) -> Response:
    return _round_page(request, acting, round_id)


@router.get("/rounds/{round_id}/edit")
def edit_round(request: Request, acting: ReadingLead, round_id: uuid.UUID) -> Response:
    audit_round = actions.find_round(acting.session, round_id=round_id, by=acting.actor)
    try:
        check_may_be_changed(audit_round)
    except Conflict as problem:
        return _round_page(request, acting, round_id, problem=problem)
    return _form_page(request, acting, audit_round)


@router.post("/rounds/{round_id}/edit")
def change_round(request: Request, acting: WritingLead, round_id: uuid.UUID, form: PostedForm) -> Response:
    audit_round = actions.find_round(acting.session, round_id=round_id, by=acting.actor)
    try:
        with acting.attempt():
            plan = _plan_of(form, audit_round if audit_round.state is RoundState.OPEN else None)
            plan = _with_themes_of(audit_round, plan)
            actions.change_round(acting.session, round_id=round_id, plan=plan, version=form.version, by=acting.actor)
    except (Invalid, Stale, Conflict) as problem:
        audit_round = actions.find_round(acting.session, round_id=round_id, by=acting.actor)
        if audit_round.state is RoundState.CLOSED:
            return _round_page(request, acting, round_id, problem=problem, unsaved=[form.text("title")])
        return _form_page(request, acting, audit_round, problem=problem, form=form)
    return redirect(f"/rounds/{round_id}", notice="Round saved.")


@router.get("/rounds/{round_id}/open")
def confirm_opening(request: Request, acting: ReadingLead, round_id: uuid.UUID) -> Response:
    try:
        check_may_be_opened(actions.find_round(acting.session, round_id=round_id, by=acting.actor))
    except Conflict as problem:
        return _round_page(request, acting, round_id, problem=problem)
    return _opening_page(request, acting, round_id)


@router.post("/rounds/{round_id}/open")
def open_round(request: Request, acting: WritingLead, round_id: uuid.UUID, form: PostedForm) -> Response:
    elsewhere = form.text("recorded_elsewhere") == "yes"
    try:
        with acting.attempt():
            actions.open_round(
                acting.session,
                round_id=round_id,
                version=form.version,
                recorded_elsewhere=elsewhere,
                by=acting.actor,
            )
    except (Stale, Conflict) as problem:
        if actions.is_empty_plan(acting.session, round_id=round_id, by=acting.actor):
            return _opening_page(request, acting, round_id, problem=problem, form=form)
        return _round_page(request, acting, round_id, problem=problem)
    return redirect(f"/rounds/{round_id}", notice="Round opened. Auditors can now score their audits.")


@router.get("/rounds/{round_id}/close")
def confirm_closing(request: Request, acting: ReadingLead, round_id: uuid.UUID) -> Response:
    try:
        check_may_be_closed(actions.find_round(acting.session, round_id=round_id, by=acting.actor))
    except Conflict as problem:
        return _round_page(request, acting, round_id, problem=problem)
    return _closing_page(request, acting, round_id)


@router.post("/rounds/{round_id}/close", response_model=None)
def close_round(
    request: Request,
    asking: Annotated[ActorRequest, computing(Permission.WRITE_ROUNDS)],  # noqa: ARG001 - declares what it needs
    round_id: uuid.UUID,
    form: PostedForm,
) -> Computed:
    def prepare(acting: Transaction) -> PreparedClosing:
        return closing.prepare_closing(
            acting.session,
            round_id=round_id,
            version=form.version,
            reason=form.text("reason"),
            keep_names=form.keep_names(),
            by=acting.actor,
        )

    def store(acting: Transaction, prepared: PreparedClosing) -> Response:
        closing.store_closing(acting.session, prepared, round_id=round_id, by=acting.actor)
        return redirect(f"/rounds/{round_id}", notice="Round closed. Its gap report will not change again.")

    def refused(acting: Transaction, problem: Problem) -> Response:
        audit_round = actions.find_round(acting.session, round_id=round_id, by=acting.actor)
        if may_be_closed(audit_round):
            return _closing_page(request, acting, round_id, problem=problem, form=form)
        return _round_page(request, acting, round_id, problem=problem, unsaved=[form.text("reason")])

    return Computed(prepare, store, refused=refused)


def _plan_of(form: TypedForm, audit_round: Round | None = None) -> RoundPlan:
    """The plan in a form; for an open round, the parts that can no longer change stay as they are."""
    title, due_on = form.text("title").strip(), form.date("due_on", "The due date")
    form.faults[:0] = check_title("title", title, called="the round", longest=LONGEST_TITLE)
    if audit_round is not None:
        return replace(RoundPlan.of(audit_round), title=title, due_on=form.given(due_on))
    template_id, number = _version_of(form)
    period_from = form.date("period_from", "The first day of the period")
    period_to = form.date("period_to", "The last day of the period")
    read_from = form.date("read_from", "The first day to read from", needed=False)
    target = form.whole_number("target_percent", "Target", least=1, most=100, needed=False)
    lowest = form.whole_number("lowest_percent", "Largest share at the lowest rating", least=0, most=99, needed=False)
    minimum = form.whole_number("minimum_applicable", "Minimum number of applicable answers", least=1, most=1000)
    follows = form.text("follows_id")
    return RoundPlan(
        title=title,
        template_id=form.given(template_id),
        template_version=number,
        period_from=form.given(period_from),
        period_to=form.given(period_to),
        read_from=read_from,
        due_on=form.given(due_on),
        target_percent=target,
        lowest_percent=lowest,
        minimum_applicable=form.given(minimum),
        follows_id=identifier_in(follows) if follows else None,
    )


def _with_themes_of(audit_round: Round, plan: RoundPlan) -> RoundPlan:
    """The plan with the themes of the round, which have a page of their own; with all of another template."""
    same = (plan.template_id, plan.template_version) == (audit_round.template_id, audit_round.template_version)
    return replace(plan, scope=tuple(audit_round.scope.split()) if same else ())


def _version_of(form: TypedForm) -> tuple[uuid.UUID | None, int]:
    identifier, _, number = form.text("template_version").partition("/")
    found = identifier_in(identifier)
    if found is None or not (number.isascii() and number.isdecimal() and len(number) < 7):
        form.faults.append(Fault("template_version", "Select a published template."))
        return None, 0
    return found, int(number)


def _form_page(
    request: Request,
    acting: Transaction,
    audit_round: Round | None = None,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    templates = queries.published_versions(acting.session, by=acting.actor)
    others = queries.list_rounds(acting.session, by=acting.actor, limit=MOST_OFFERED)
    return render(
        request,
        "rounds/form.html",
        acting=acting,
        refusal=problem,
        form=form,
        audit_round=audit_round,
        is_stale=isinstance(problem, Stale),
        templates=[
            {"value": f"{version.template_id}/{version.number}", "text": f"{version.title}, version {version.number}"}
            for version in templates
        ],
        others=[
            {"value": str(other.id), "text": other.title}
            for other in others
            if audit_round is None or other.id != audit_round.id
        ],
        questions=[
            field
            for question in (NEXT_QUESTIONS if audit_round is None else ())
            if (field := question.show(acting.session, acting.actor))
        ],
    )


def _round_page(
    request: Request,
    acting: Transaction,
    round_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    unsaved: Sequence[str] = (),
) -> Response:
    session = acting.session
    audit_round = actions.find_round(session, round_id=round_id, by=acting.actor)
    seen = ShownRound(session, audit_round, acting.actor, progress_of(session, audit_round, by=acting.actor))
    return render(
        request,
        "rounds/round.html",
        acting=acting,
        refusal=problem,
        unsaved=[text for text in unsaved if text],
        audit_round=audit_round,
        version=queries.version_of(session, audit_round),
        before=queries.round_before(session, audit_round),
        content=audit_round.content(session),
        progress=seen.progress,
        steps=_steps_of(seen),
        parts_of={side.name.lower(): _parts_of(seen, side) for side in Side},
        overdue=is_overdue(audit_round),
        closed_with=closing_statement(audit_round),
        colours=STATE_COLOURS,
    )


def _steps_of(seen: ShownRound) -> list[Step]:
    """What can be done with the round now, what is due first."""
    steps = sorted((step for find_step in STEPS if (step := find_step(seen))), key=lambda step: step.place)
    due = next((step for step in steps if step.is_due), None)
    return steps if due is None else [due, *(step for step in steps if step is not due)]


def _parts_of(seen: ShownRound, side: Side) -> list[Markup]:
    shown = (part.show(seen) for part in PARTS if part.side is side)
    return [fragment(each) for each in shown if each is not None]


def _opening_page(
    request: Request,
    acting: Transaction,
    round_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    audit_round = actions.find_round(acting.session, round_id=round_id, by=acting.actor)
    return render(
        request,
        "rounds/open.html",
        acting=acting,
        refusal=problem,
        form=form,
        on_field=lambda fault: Fault("" if isinstance(problem, Stale) else "recorded_elsewhere", fault.detail),
        audit_round=audit_round,
        is_empty=not actions.has_audits(acting.session, audit_round),
        progress=progress_of(acting.session, audit_round, by=acting.actor),
    )


def _closing_page(
    request: Request,
    acting: Transaction,
    round_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    """What is unfinished, by name, and the reason for closing all the same; with the version that is shown now."""
    session, actor = acting.session, acting.actor
    audit_round = actions.find_round(session, round_id=round_id, by=actor)
    found = unfinished_in(session, audit_round, person_id=actor.person_id)
    return render(
        request,
        "rounds/close.html",
        acting=acting,
        refusal=problem,
        form=form,
        faults=None if not isinstance(problem, Stale) else (CHANGED,),
        audit_round=audit_round,
        progress=progress_of(session, audit_round, by=actor),
        blocking=[work for work in found if work.kind.refusal],
        unfinished=[work for work in found if not work.kind.refusal],
        may_hide=is_blind_in(session, audit_round, by=actor),
    )


def opening(seen: ShownRound) -> Step | None:
    """The step of opening a planned round; due once audits are allocated."""
    if not may_be_opened(seen.round):
        return None
    return Step("Open round", f"/rounds/{seen.round.id}/open", 30, is_due=seen.progress.allocated > 0)


def closing_step(seen: ShownRound) -> Step | None:
    """The step of closing an open round."""
    return Step("Close round", f"/rounds/{seen.round.id}/close", 60) if may_be_closed(seen.round) else None
