"""Pages of joint rounds: the list, the plan, and one with its cases and what agencies have returned."""

import uuid
from typing import Annotated, Final

from fastapi import Request
from starlette.responses import Response

from api.documents.files import FileKind
from api.foundation.http.dependencies import Page, Transaction, heavy_reading, reading, writing
from api.foundation.http.replies import file_answer
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, identifier_in, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, Invalid, NotAllowed, Problem, Stale, is_allowed
from api.foundation.text.names import check_title
from api.joint_rounds.agencies.actions import list_agencies, members_of
from api.joint_rounds.page_parts import CASE_COLOURS
from api.joint_rounds.planning import actions, queries
from api.joint_rounds.planning.actions import (
    LONGEST_TITLE,
    JointPlan,
    check_can_lead,
    check_can_plan,
    faults_of_agencies,
)
from api.joint_rounds.planning.case_list_file import joint_case_list
from api.joint_rounds.samples.actions import samples_of_joint_round
from api.rounds.queries import published_versions
from models import JointCaseState, JointRound, JointRoundState

router = Router(include_in_schema=False)

Reader = Annotated[Transaction, reading(Permission.WRITE_JOINT_ROUNDS)]
Writer = Annotated[Transaction, writing(Permission.WRITE_JOINT_ROUNDS)]
COLOURS: Final = {JointRoundState.PLANNED: "grey", JointRoundState.OPEN: "blue", JointRoundState.CLOSED: "green"}
_REFUSED: Final = (Invalid, Stale, Conflict, NotAllowed)


@router.get("/joint-rounds")
def list_joint_rounds(request: Request, acting: Reader, page: Page) -> Response:
    found = queries.list_joint_rounds(acting.session, by=acting.actor, limit=page.to_fetch, after=page.after_id)
    shown, after = page.cut(found, key=lambda each: each.id)
    return render(
        request,
        "joint_rounds/planning/list.html",
        acting=acting,
        rounds=shown,
        after=after,
        first=page.after is None,
        colours=COLOURS,
    )


@router.get("/joint-rounds/new")
def ask_for_plan(request: Request, acting: Reader) -> Response:
    return _plan_page(request, acting, None)


@router.post("/joint-rounds/new")
def create_joint_round(request: Request, acting: Writer, form: PostedForm) -> Response:
    def make() -> Response:
        made = actions.create_joint_round(acting.session, plan=_plan_of(acting, form), by=acting.actor)
        return redirect(f"/joint-rounds/{made.id}", notice="Joint audit planned. Add its cases.")

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except Invalid as problem:
        return _plan_page(request, acting, None, problem=problem, form=form)


@router.get("/joint-rounds/{joint_round_id}")
def show_joint_round(request: Request, acting: Reader, joint_round_id: uuid.UUID) -> Response:
    return _page(request, acting, joint_round_id)


@router.get("/joint-rounds/{joint_round_id}/cases.{kind}")
def download_cases(
    acting: Annotated[Transaction, heavy_reading(Permission.WRITE_JOINT_ROUNDS)],
    joint_round_id: uuid.UUID,
    kind: FileKind,
) -> Response:
    found = actions.find_joint_round(acting.session, joint_round_id=joint_round_id, by=acting.actor)
    file = joint_case_list(acting.session, found, kind, by=acting.actor)
    return file_answer(acting, file, "joint-round.cases-fetched", joint_round_id)


@router.get("/joint-rounds/{joint_round_id}/edit")
def ask_what_changes(request: Request, acting: Reader, joint_round_id: uuid.UUID) -> Response:
    found = actions.find_joint_round(acting.session, joint_round_id=joint_round_id, by=acting.actor)
    check_can_plan(acting.actor, found)
    return _plan_page(request, acting, found)


@router.post("/joint-rounds/{joint_round_id}/edit")
def change_joint_round(request: Request, acting: Writer, joint_round_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            actions.change_joint_round(
                acting.session,
                joint_round_id=joint_round_id,
                plan=_plan_of(acting, form),
                version=form.version,
                by=acting.actor,
            )
    except (Invalid, Stale) as problem:
        found = actions.find_joint_round(acting.session, joint_round_id=joint_round_id, by=acting.actor)
        return _plan_page(request, acting, found, problem=problem, form=form)
    return redirect(f"/joint-rounds/{joint_round_id}", notice="Joint audit saved.")


@router.post("/joint-rounds/{joint_round_id}/cases")
def set_cases(request: Request, acting: Writer, joint_round_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            actions.set_cases(
                acting.session,
                joint_round_id=joint_round_id,
                references=form.text("references").replace(",", " ").split(),
                version=form.version,
                by=acting.actor,
            )
    except _REFUSED as problem:
        return _page(request, acting, joint_round_id, problem=problem, form=form)
    return redirect(f"/joint-rounds/{joint_round_id}", notice="Cases saved.")


@router.post("/joint-rounds/{joint_round_id}/open")
def open_joint_round(request: Request, acting: Writer, joint_round_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            actions.open_joint_round(
                acting.session, joint_round_id=joint_round_id, version=form.version, by=acting.actor
            )
    except _REFUSED as problem:
        return _page(request, acting, joint_round_id, problem=problem, form=form)
    return redirect(f"/joint-rounds/{joint_round_id}", notice="Joint audit opened. Choose who answers for each agency.")


@router.post("/joint-rounds/{joint_round_id}/auditors")
def allocate_parts(request: Request, acting: Writer, joint_round_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        agency_id = form.given(form.identifier("agency_id", "Select an agency."))
        with acting.attempt():
            number = actions.allocate_parts(
                acting.session,
                joint_round_id=joint_round_id,
                agency_id=agency_id,
                auditor_id=identifier_in(form.text("auditor_id")),
                joint_case_id=identifier_in(form.text("joint_case_id")),
                by=acting.actor,
            )
    except _REFUSED as problem:
        return _page(request, acting, joint_round_id, problem=problem, form=form)
    notice = "1 case allocated." if number == 1 else f"{number} cases allocated."
    return redirect(f"/joint-rounds/{joint_round_id}", notice=notice)


@router.post("/joint-rounds/{joint_round_id}/close")
def close_joint_round(request: Request, acting: Writer, joint_round_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            actions.close_joint_round(
                acting.session,
                joint_round_id=joint_round_id,
                reason=form.text("reason"),
                keep_names=form.keep_names(),
                version=form.version,
                by=acting.actor,
            )
    except _REFUSED as problem:
        return _page(request, acting, joint_round_id, problem=problem, form=form)
    return redirect(f"/joint-rounds/{joint_round_id}", notice="Joint audit closed.")


def _plan_of(acting: Transaction, form: TypedForm) -> JointPlan:
    """What was typed. Raises Invalid with each fault at its field."""
    title = form.text("title").strip()
    form.faults.extend(check_title("title", title, called="the joint audit", longest=LONGEST_TITLE))
    template, _, number = form.text("template_version").partition("/")
    template_id = identifier_in(template)
    if template_id is None or not (number.isascii() and number.isdecimal() and len(number) < 7):
        form.faults.append(Fault("template_version", "Select a published template."))
    period_from, period_to = form.date("period_from", "The first day"), form.date("period_to", "The last day")
    due_on = form.date("due_on", "The due date")
    agencies = [identifier_in(each) for each in form.texts("agencies")]
    chosen = tuple(each for each in agencies if each is not None)
    if form.faults:  # without them, the action checks the choice
        form.faults.extend(faults_of_agencies(acting.session, chosen, acting.actor))
    return JointPlan(
        title=title,
        template_id=form.given(template_id),
        template_version=int(number),
        agencies=chosen,
        period_from=form.given(period_from),
        period_to=form.given(period_to),
        due_on=form.given(due_on),
    )


def _plan_page(
    request: Request,
    acting: Transaction,
    found: JointRound | None,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    versions = published_versions(acting.session, by=acting.actor)
    agencies = list_agencies(acting.session, by=acting.actor, active=True)
    return render(
        request,
        "joint_rounds/planning/plan.html",
        acting=acting,
        found=found,
        templates=[
            {"value": f"{each.template_id}/{each.number}", "text": f"{each.title}, version {each.number}"}
            for each in versions
        ],
        agencies=[{"value": str(each.id), "text": each.name} for each in agencies],
        refusal=problem,
        form=form,
    )


def _page(
    request: Request,
    acting: Transaction,
    joint_round_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    session, by = acting.session, acting.actor
    shown = queries.show_joint_round(session, joint_round_id=joint_round_id, by=by)
    may_lead = is_allowed(check_can_lead, by, shown.round)
    people = {
        agency_id: [
            {"value": str(key), "text": name}
            for key, name in members_of(session, agency_id, by=by, active=True).items()
        ]
        for agency_id, _ in (shown.agencies if may_lead else ())
    }
    return render(
        request,
        "joint_rounds/planning/round.html",
        acting=acting,
        shown=shown,
        samples=samples_of_joint_round(session, shown.round),
        people=people,
        may_plan=is_allowed(check_can_plan, by, shown.round),
        may_lead=may_lead,
        colours=COLOURS,
        case_colours=CASE_COLOURS,
        unfinished=sum(each.case.state is not JointCaseState.FINISHED for each in shown.cases),
        refusal=problem,
        form=form,
    )
