"""Pages on which an action moves on: progress, its due date, and the moves that need words."""

import uuid
from typing import Annotated, Final

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Fault, Invalid, NotFound, Problem, Stale
from api.improvement import actions, choosing, rules
from api.improvement.actions import MoveDetails
from api.improvement.pages import BUTTONS
from api.improvement.planning_pages import EVIDENCE
from checklists.actions.action_states import ActionMove
from models import ActionKind, EvidenceKind

router = Router(include_in_schema=False)

ReadingWorker = Annotated[Transaction, reading(Permission.PROGRESS_ACTIONS)]
WritingWorker = Annotated[Transaction, writing(Permission.PROGRESS_ACTIONS)]
_NOTICES: Final = {
    ActionMove.AGREE: "Action agreed.",
    ActionMove.START: "Work on the action has started.",
    ActionMove.FINISH: "Action recorded as done. It stays open until somebody else confirms its impact.",
    ActionMove.RESUME: "The action is in progress again.",
    ActionMove.CONFIRM_IMPACT: "Impact confirmed. The action is closed.",
    ActionMove.SEE_NO_IMPACT: "The action is closed without impact. Plan a new action about the same finding.",
    ActionMove.DROP: "The action is not pursued.",
}


@router.get("/actions/{action_id}/progress")
def ask_about_progress(request: Request, acting: ReadingWorker, action_id: uuid.UUID) -> Response:
    return _progress_page(request, acting, action_id)


@router.post("/actions/{action_id}/progress")
def note_progress(request: Request, acting: WritingWorker, action_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            actions.note_progress(
                acting.session,
                action_id=action_id,
                words=form.text("words"),
                steps_done=[int(number) for number in form.texts("steps_done") if number.isdecimal()],
                version=form.version,
                by=acting.actor,
                keep_names=form.keep_names(),
            )
    except (Invalid, Stale) as problem:
        return _progress_page(request, acting, action_id, problem=problem, form=form)
    return redirect(f"/actions/{action_id}", notice="Progress noted.")


@router.get("/actions/{action_id}/due-date")
def ask_for_due_date(request: Request, acting: ReadingWorker, action_id: uuid.UUID) -> Response:
    return _due_date_page(request, acting, action_id)


@router.post("/actions/{action_id}/due-date")
def move_due_date(request: Request, acting: WritingWorker, action_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            due_on = form.date("due_on", "The due date")
            form.check()
            actions.move_due_date(
                acting.session,
                action_id=action_id,
                due_on=due_on,
                reason=form.text("reason"),
                version=form.version,
                by=acting.actor,
                keep_names=form.keep_names(),
            )
    except (Invalid, Stale) as problem:
        return _due_date_page(request, acting, action_id, problem=problem, form=form)
    return redirect(f"/actions/{action_id}", notice="Due date moved.")


@router.get("/actions/{action_id}/moves/{move}")
def ask_about_move(request: Request, acting: ReadingWorker, action_id: uuid.UUID, move: str) -> Response:
    return _move_page(request, acting, action_id, _move_named(move))


@router.post("/actions/{action_id}/moves/{move}")
def move_action(request: Request, acting: WritingWorker, action_id: uuid.UUID, move: str, form: PostedForm) -> Response:
    wanted = _move_named(move)
    try:
        with acting.attempt():
            actions.move_action(
                acting.session,
                action_id=action_id,
                move=wanted,
                details=_details_of(form),
                version=form.version,
                by=acting.actor,
            )
    except (Invalid, Stale) as problem:
        return _move_page(request, acting, action_id, wanted, problem=problem, form=form)
    return redirect(f"/actions/{action_id}", notice=_NOTICES[wanted])


def _details_of(form: TypedForm) -> MoveDetails:
    seen_on = form.date("seen_on", "The date", needed=False)
    form.check()
    return MoveDetails(
        form.text("words"),
        next((kind for kind in EvidenceKind if kind.value == form.text("evidence")), None),
        seen_on,
        _round_of(form),
        form.keep_names(),
    )


def _round_of(form: TypedForm) -> uuid.UUID | None:
    try:
        return uuid.UUID(form.text("round_id"))
    except ValueError:
        return None


def _move_named(name: str) -> ActionMove:
    try:
        return ActionMove(name)
    except ValueError:
        raise NotFound("page") from None


def _progress_page(
    request: Request,
    acting: Transaction,
    action_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    found = actions.find_action(acting.session, action_id=action_id, by=acting.actor)
    rules.check_can_progress(acting.actor, found.action)
    return render(
        request,
        "improvement/progress.html",
        acting=acting,
        refusal=problem,
        form=form,
        found=found,
        is_stale=isinstance(problem, Stale),
        steps=[{"value": str(step.number), "text": step.words} for step in found.steps],
        steps_done=[str(step.number) for step in found.steps if step.done_on is not None],
    )


def _due_date_page(
    request: Request,
    acting: Transaction,
    action_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    found = actions.find_action(acting.session, action_id=action_id, by=acting.actor)
    rules.check_can_move_due_date(acting.actor, found.action)
    return render(
        request,
        "improvement/due_date.html",
        acting=acting,
        refusal=problem,
        form=form,
        found=found,
        is_stale=isinstance(problem, Stale),
    )


def _move_page(
    request: Request,
    acting: Transaction,
    action_id: uuid.UUID,
    move: ActionMove,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    found = actions.find_action(acting.session, action_id=action_id, by=acting.actor)
    rules.check_can_move(acting.actor, found.action, move, decides=found.decides)
    is_impact = move in {ActionMove.CONFIRM_IMPACT, ActionMove.SEE_NO_IMPACT}
    rounds = choosing.rounds_to_choose(acting.session, acting.actor) if is_impact else []
    return render(
        request,
        "improvement/move.html",
        acting=acting,
        refusal=problem,
        form=form,
        on_field=lambda fault: Fault(
            fault.pointer.removeprefix("/"), fault.detail, fault.places, may_be_kept=fault.may_be_kept
        ),
        found=found,
        is_stale=isinstance(problem, Stale),
        move=move,
        heading=BUTTONS[move],
        is_impact=is_impact,
        is_practice=found.action.kind is ActionKind.PRACTICE,
        evidence=EVIDENCE,
        rounds=[{"value": str(each.id), "text": each.title} for each in rounds],
    )
