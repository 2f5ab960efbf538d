"""The joint page of a case, and the forms with which a panel is recorded."""

import uuid
from typing import Annotated, Final

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Invalid, NotAllowed, NotFound, Problem, Stale, is_allowed
from api.joint_rounds.page_parts import CASE_COLOURS, PART_COLOURS
from api.joint_rounds.panels import actions, queries
from api.joint_rounds.panels.actions import NewFinding, PanelContent
from api.joint_rounds.panels.queries import AcrossAgencies
from api.joint_rounds.panels.rules import check_can_open_panel, check_can_record_panel
from api.joint_rounds.parts import actions as parts
from api.joint_rounds.parts.rules import check_can_give_back
from models import PartState

router = Router(include_in_schema=False)

Reader = Annotated[Transaction, reading(Permission.READ_JOINT_CASES)]
ReadingLead = Annotated[Transaction, reading(Permission.WRITE_JOINT_ROUNDS)]
Lead = Annotated[Transaction, writing(Permission.WRITE_JOINT_ROUNDS)]
_REFUSED: Final = (Invalid, Stale, Conflict, NotAllowed)


@router.get("/joint-cases/{joint_case_id}")
def show_joint_case(request: Request, acting: Reader, joint_case_id: uuid.UUID) -> Response:
    return _page(request, acting, joint_case_id)


@router.post("/joint-cases/{joint_case_id}/open-panel")
def open_panel(request: Request, acting: Lead, joint_case_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            actions.open_panel(
                acting.session,
                joint_case_id=joint_case_id,
                without_missing=form.has("without_missing"),
                version=form.version,
                by=acting.actor,
            )
    except _REFUSED as problem:
        return _page(request, acting, joint_case_id, problem=problem, form=form)
    return redirect(f"/joint-cases/{joint_case_id}", notice="Panel opened.")


@router.post("/joint-parts/{part_id}/give-back")
def give_back(acting: Lead, part_id: uuid.UUID, form: PostedForm) -> Response:
    part = parts.give_back(acting.session, part_id=part_id, version=form.version, by=acting.actor)
    return redirect(f"/joint-cases/{part.joint_case_id}", notice="Given back. The agency can change its answers.")


@router.get("/joint-cases/{joint_case_id}/panel")
def ask_for_panel(request: Request, acting: ReadingLead, joint_case_id: uuid.UUID) -> Response:
    return _panel_page(request, acting, joint_case_id)


@router.post("/joint-cases/{joint_case_id}/panel")
def record_panel(request: Request, acting: Lead, joint_case_id: uuid.UUID, form: PostedForm) -> Response:
    found = queries.find_joint_case(acting.session, joint_case_id=joint_case_id, by=acting.actor)
    agencies = [each.part.agency_id for each in queries.parts_of(acting.session, found)]
    content = PanelContent(
        panel_on=form.date("panel_on", "The day of the panel", needed=False),
        grade=form.text("grade"),
        words=form.text("words"),
        took_part={each: form.text(f"took_part/{each}") for each in agencies},
        practitioners_on=form.date("practitioners_on", "The day of the practitioners’ event", needed=False),
        practitioners_words=form.text("practitioners_words"),
        keep_names=form.keep_names(),
    )
    try:
        form.check()
        with acting.attempt():
            actions.record_panel(
                acting.session, joint_case_id=joint_case_id, content=content, version=form.version, by=acting.actor
            )
    except _REFUSED as problem:
        return _panel_page(request, acting, joint_case_id, problem=problem, form=form)
    return redirect(f"/joint-cases/{joint_case_id}", notice="Panel saved.")


@router.get("/joint-cases/{joint_case_id}/themes/{theme}")
def ask_for_finding(request: Request, acting: ReadingLead, joint_case_id: uuid.UUID, theme: str) -> Response:
    return _finding_page(request, acting, joint_case_id, theme)


@router.post("/joint-cases/{joint_case_id}/themes/{theme}")
def record_finding(request: Request, acting: Lead, joint_case_id: uuid.UUID, theme: str, form: PostedForm) -> Response:
    new = NewFinding(form.text("strengths"), form.text("development"), form.text("recommendations"), form.keep_names())
    try:
        with acting.attempt():
            actions.record_finding(
                acting.session,
                joint_case_id=joint_case_id,
                theme=theme,
                new=new,
                version=form.version,
                by=acting.actor,
            )
    except _REFUSED as problem:
        return _finding_page(request, acting, joint_case_id, theme, problem=problem, form=form)
    return redirect(f"/joint-cases/{joint_case_id}", notice="Findings of the panel saved.")


@router.post("/joint-cases/{joint_case_id}/finish")
def finish_panel(request: Request, acting: Lead, joint_case_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            actions.finish_panel(acting.session, joint_case_id=joint_case_id, version=form.version, by=acting.actor)
    except _REFUSED as problem:
        return _page(request, acting, joint_case_id, problem=problem, form=form)
    return redirect(f"/joint-cases/{joint_case_id}", notice="Panel finished.")


def _page(
    request: Request,
    acting: Transaction,
    joint_case_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    session, by = acting.session, acting.actor
    found = queries.find_joint_case(session, joint_case_id=joint_case_id, by=by)
    across = queries.read_joint_case(session, found, by=by)
    if across is None:
        returned = queries.parts_of(session, found)
        return render(
            request,
            "joint_rounds/panels/waiting.html",
            acting=acting,
            found=found,
            colours=CASE_COLOURS,
            parts_of_case=returned,
            part_colours=PART_COLOURS,
            given_back=[
                each.part.id
                for each in returned
                if is_allowed(check_can_give_back, by, each.part, found.case, found.round)
            ],
            missing=sum(each.part.state is not PartState.SUBMITTED for each in returned),
            may_open=is_allowed(check_can_open_panel, by, found.case, found.round),
            refusal=problem,
            form=form,
        )
    return render(
        request,
        "joint_rounds/panels/joint.html",
        acting=acting,
        found=found,
        colours=CASE_COLOURS,
        leads=by.may(Permission.WRITE_JOINT_ROUNDS),
        across=across,
        label_of=across.template.scale.label,
        may_record=is_allowed(check_can_record_panel, by, found.case, found.round),
        refusal=problem,
        form=form,
    )


def _read(acting: Transaction, joint_case_id: uuid.UUID) -> AcrossAgencies:
    """Everything about a case whose panel is open. Raises the Problem for which nothing can be recorded."""
    found = queries.find_joint_case(acting.session, joint_case_id=joint_case_id, by=acting.actor)
    check_can_record_panel(acting.actor, found.case, found.round)
    across = queries.read_joint_case(acting.session, found, by=acting.actor)
    if across is None:
        raise NotFound("case of a joint audit")
    return across


def _panel_page(
    request: Request,
    acting: Transaction,
    joint_case_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    across = _read(acting, joint_case_id)
    return render(
        request,
        "joint_rounds/panels/panel.html",
        acting=acting,
        across=across,
        found=across.found,
        ratings=[{"value": each.key, "text": each.label} for each in across.template.scale.ratings],
        refusal=problem,
        form=form,
    )


def _finding_page(
    request: Request,
    acting: Transaction,
    joint_case_id: uuid.UUID,
    theme: str,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    across = _read(acting, joint_case_id)
    of_theme = next((each for each in across.themes if each.theme.key == theme), None)
    if of_theme is None:
        raise NotFound("theme")
    return render(
        request,
        "joint_rounds/panels/finding.html",
        acting=acting,
        found=across.found,
        of_theme=of_theme,
        label_of=across.template.scale.label,
        refusal=problem,
        form=form,
    )
