"""Actions over REST: worklists, planning, moving them on, progress and due dates."""

import uuid
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from api.foundation.http.dependencies import (
    ActorRequest,
    Computed,
    IdempotencyKey,
    IfMatch,
    Page,
    Transaction,
    computing,
    reading,
    writing,
)
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.improvement import actions, paging
from api.improvement.bodies import (
    ActionIn,
    ActionList,
    ActionMoveIn,
    ActionOut,
    ActionSummary,
    DueDateIn,
    PlanIn,
    ProgressIn,
)
from api.improvement.findings import Finding
from api.improvement.queries import Show, Worklist, find_actions, record_seen
from models import ActionKind

router = Router(prefix="/actions", tags=["Actions"])

Reader = Annotated[Transaction, reading(Permission.READ_ACTIONS)]
Worker = Annotated[Transaction, writing(Permission.PROGRESS_ACTIONS)]
Planner = Annotated[Transaction, writing(Permission.WRITE_ACTIONS)]


@router.get("", response_model=ActionList)
def list_actions(
    acting: Reader,
    page: Page,
    kind: Annotated[ActionKind, Query(description="The two kinds are listed separately.")] = ActionKind.PRACTICE,
    worklist: Annotated[Worklist, Query(description="Whose actions.")] = Worklist.ALL,
    show: Annotated[Show, Query(description="Which of them.")] = Show.OPEN,
    round_id: Annotated[uuid.UUID | None, Query(alias="round", description="Only actions from this round.")] = None,
    team_id: Annotated[uuid.UUID | None, Query(alias="team", description="Only practice actions about this team.")] = (
        None
    ),
) -> ActionList:
    """The actions that you may read, the earliest due date first."""
    found = find_actions(
        acting.session,
        acting.actor,
        kind=kind,
        worklist=worklist,
        show=show,
        round_id=round_id,
        team_id=team_id,
        after=paging.place_of(page),
        limit=page.to_fetch,
    )
    shown, after = page.cut(found, key=paging.key_of)
    record_seen(acting.session, acting.actor, shown)
    return ActionList(items=[ActionSummary.of(each) for each in shown], after=after)


@router.post("", status_code=201, response_model=ActionOut, responses=refusals(400, 404, 409))
def propose_action(
    asking: Annotated[ActorRequest, computing(Permission.WRITE_ACTIONS)],  # noqa: ARG001 - declares what it needs
    key: IdempotencyKey,
    new: ActionIn,
) -> Computed:
    """Propose a practice action. The figures of its finding are kept as they are now."""
    plan = new.plan()

    def prepare(acting: Transaction) -> Finding:
        return actions.prepare_action(acting.session, plan=plan, by=acting.actor)

    def store(acting: Transaction, finding: Finding) -> Response:
        made = actions.propose_action(acting.session, plan=plan, finding=finding, by=acting.actor)
        return _shown(acting, made.id, status=201)

    return Computed(prepare, store, key=key)


@router.get("/{action_id}", response_model=ActionOut, responses=refusals(404))
def read_action(acting: Reader, action_id: uuid.UUID) -> Response:
    """An action with its chain: why, what, who, progress and impact."""
    return _shown(acting, action_id)


@router.put("/{action_id}", response_model=ActionOut, responses=refusals(404, 409, 412, 428))
def change_action(acting: Planner, action_id: uuid.UUID, version: IfMatch, wanted: PlanIn) -> Response:
    """Change what a practice action says. Its finding and its first due date stay."""
    actions.change_action(acting.session, action_id=action_id, plan=wanted.plan(), version=version, by=acting.actor)
    return _shown(acting, action_id)


@router.post("/{action_id}/moves", response_model=ActionOut, responses=refusals(404, 409, 412, 428))
def move_action(acting: Worker, action_id: uuid.UUID, version: IfMatch, move: ActionMoveIn) -> Response:
    """Move an action on. Nobody confirms the impact of an action that they own."""
    actions.move_action(
        acting.session,
        action_id=action_id,
        move=move.move,
        details=move.details(),
        version=version,
        by=acting.actor,
    )
    return _shown(acting, action_id)


@router.post("/{action_id}/due-date", response_model=ActionOut, responses=refusals(404, 409, 412, 428))
def move_due_date(acting: Worker, action_id: uuid.UUID, version: IfMatch, wanted: DueDateIn) -> Response:
    """Move the due date, with a reason. The first due date is kept."""
    actions.move_due_date(
        acting.session,
        action_id=action_id,
        due_on=wanted.due_on,
        reason=wanted.reason,
        version=version,
        by=acting.actor,
        keep_names=wanted.keep_names,
    )
    return _shown(acting, action_id)


@router.post("/{action_id}/notes", response_model=ActionOut, responses=refusals(404, 409, 412, 428))
def note_progress(acting: Worker, action_id: uuid.UUID, version: IfMatch, note: ProgressIn) -> Response:
    """Add a dated note on progress, and record which steps are done."""
    actions.note_progress(
        acting.session,
        action_id=action_id,
        words=note.words,
        steps_done=note.steps_done,
        version=version,
        by=acting.actor,
        keep_names=note.keep_names,
    )
    return _shown(acting, action_id)


def _shown(acting: Transaction, action_id: uuid.UUID, *, status: int = 200) -> Response:
    found = actions.find_action(acting.session, action_id=action_id, by=acting.actor)
    return json_reply(
        ActionOut.of(found),
        status=status,
        version=found.action.version,
        location=f"/api/v1/actions/{action_id}" if status == 201 else "",
    )
