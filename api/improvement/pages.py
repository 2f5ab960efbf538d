"""Pages of actions: worklists, and one action with the chain from its finding to its impact."""

import uuid
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import Query, Request
from starlette.responses import Response

from api.foundation.http.dependencies import Page, Transaction, reading
from api.foundation.http.routing import Router
from api.foundation.pages.rendering import render
from api.foundation.permissions import Permission
from api.foundation.problems import is_allowed
from api.improvement import actions, paging, rules
from api.improvement.impact.re_audits import round_to_re_audit
from api.improvement.on_pages.page_parts import STATE_COLOURS
from api.improvement.queries import (
    FoundAction,
    Show,
    Worklist,
    find_actions,
    names_of_rounds,
    record_seen,
)
from api.people.teams.queries import team_choices
from api.rounds.hooks import ShownRound, Step
from checklists.actions.action_states import ActionMove
from models import Action, ActionKind, RoundState

router = Router(include_in_schema=False)

Reader = Annotated[Transaction, reading(Permission.READ_ACTIONS)]
BUTTONS: Final = {
    ActionMove.AGREE: "Agree action",
    ActionMove.START: "Start work",
    ActionMove.FINISH: "Record as done",
    ActionMove.RESUME: "Reopen: not done yet",
    ActionMove.CONFIRM_IMPACT: "Confirm impact",
    ActionMove.SEE_NO_IMPACT: "Close: no impact seen",
    ActionMove.DROP: "Do not pursue",
}
# Moves that need nothing more than a button.
AT_ONCE: Final = frozenset({ActionMove.AGREE, ActionMove.START})


@router.get("/actions")
def list_actions(
    request: Request,
    acting: Reader,
    page: Page,
    kind: Annotated[ActionKind, Query(description="The two kinds are listed separately.")] = ActionKind.PRACTICE,
    worklist: Annotated[Worklist | None, Query(description="Whose actions.")] = None,
    show: Annotated[Show, Query(description="Which of them.")] = Show.OPEN,
    team: Annotated[str, Query(max_length=40, description="Only actions about this team.")] = "",
) -> Response:
    may_plan = is_allowed(rules.check_can_plan, acting.actor)
    wanted = worklist or (Worklist.ALL if may_plan else Worklist.MINE)
    found = find_actions(
        acting.session,
        acting.actor,
        kind=kind,
        worklist=wanted,
        show=show,
        team_id=_team_of(team),
        after=paging.place_of(page),
        limit=page.to_fetch,
    )
    shown, after = page.cut(found, key=paging.key_of)
    record_seen(acting.session, acting.actor, shown)
    return render(
        request,
        "improvement/list.html",
        acting=acting,
        found=shown,
        after=after,
        first=page.after is None,
        kind=kind,
        kinds=list(ActionKind),
        worklist=wanted,
        worklists=[{"value": each.value, "text": each.label} for each in Worklist],
        show=show,
        shows=[{"value": each.value, "text": each.label} for each in Show],
        team=team,
        teams=team_choices(acting.session, acting.actor) if may_plan and kind is ActionKind.PRACTICE else [],
        may_plan=may_plan,
        colours=STATE_COLOURS,
    )


@router.get("/actions/{action_id}")
def show_action(request: Request, acting: Reader, action_id: uuid.UUID) -> Response:
    found = actions.find_action(acting.session, action_id=action_id, by=acting.actor)
    action, by = found.action, acting.actor
    return render(
        request,
        "improvement/action.html",
        acting=acting,
        found=found,
        colours=STATE_COLOURS,
        moves=moves_offered(found, acting),
        may_change=is_allowed(rules.check_can_change, by, action, decides=found.decides),
        may_note=is_allowed(rules.check_can_progress, by, action),
        may_move_due_date=is_allowed(rules.check_can_move_due_date, by, action),
        may_plan=is_allowed(rules.check_can_plan, by),
        may_redact=by.may(Permission.REDACT_AUDITS),
        may_read_rounds=by.may(Permission.READ_ROUNDS),
        may_read_reports=by.may(Permission.READ_REPORTS),
        re_audits=found.re_audits,
        re_audit_path=_path_of_re_audit(acting, action),
        impact_round=names_of_rounds(acting.session, by, [action.impact_round_id]).get(action.impact_round_id, ""),
    )


def _path_of_re_audit(acting: Transaction, action: Action) -> str:
    """Where a re-audit of an action's themes is planned; "" where this person cannot plan one."""
    earlier = round_to_re_audit(acting.session, acting.actor, action)
    if earlier is None:
        return ""
    return f"/rounds/{earlier.id}/re-audit?{urlencode([('theme', theme) for theme in action.themes.split()])}"


def moves_offered(found: FoundAction, acting: Transaction) -> list[dict[str, object]]:
    """The moves that this person may make now, each as a button that acts at once or leads to its page."""
    return [
        {"move": move.value, "text": BUTTONS[move], "at_once": move in AT_ONCE}
        for move in ActionMove
        if is_allowed(rules.check_can_move, acting.actor, found.action, move, decides=found.decides)
    ]


def planning(seen: ShownRound) -> Step | None:
    """The step of planning an action about a gap of a round that is open or closed."""
    if seen.round.state is RoundState.PLANNED or not is_allowed(rules.check_can_plan, seen.actor):
        return None
    return Step("Plan an action", f"/actions/new?cause=gap&round={seen.round.id}", 60)


def _team_of(typed: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(typed) if typed else None
    except ValueError:
        return None
