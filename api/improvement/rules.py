"""Who may do what with an action, and when: asked by actions, which refuse, and by pages, which offer."""

from typing import Final

from api.access.audits import check_can_score, may_read_every_audit, may_score
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, NotAllowed
from checklists.actions.action_states import (
    ACTION_TRANSITIONS,
    UNDONE_STATES,
    ActionMove,
    ActionNotFromHereError,
    action_state_after,
)
from checklists.audits.audit_states import SUBMITTED_STATES
from models import Action, ActionKind, ActionState, Audit

# What an owner does with their own action. A quality lead does it too: for owners without an account, they keep the
# record.
_OWNERS_MOVES: Final = frozenset({ActionMove.START, ActionMove.FINISH, ActionMove.RESUME})
_IMPACT: Final = frozenset({ActionMove.CONFIRM_IMPACT, ActionMove.SEE_NO_IMPACT})


def is_owner(by: Actor, action: Action) -> bool:
    """Whether the person owns the action."""
    return action.owner_id is not None and action.owner_id == by.person_id


def check_can_plan(by: Actor) -> None:
    """Raise NotAllowed unless the person may propose and change practice actions: quality leads."""
    check_may(by, Permission.WRITE_ACTIONS)
    if not may_read_every_audit(by):
        raise NotAllowed("Only a quality lead can plan practice actions.")


def decides_on(by: Actor, action: Action, audit: Audit | None, *, reads_audit: bool) -> bool:
    """Whether the person decides on an action. Quality leads do on all; on a child-level one a moderator who may read
    its audit and is not its auditor, and before it is live the auditor who proposes it, while they score the audit.
    """
    if may_read_every_audit(by) and by.may(Permission.WRITE_ACTIONS):
        return True
    if audit is None or not reads_audit:
        return False
    if audit.auditor_id == by.person_id:
        return action.state is ActionState.PROPOSED and may_score(by, audit)
    return by.may(Permission.WRITE_ACTIONS)


def check_can_change(by: Actor, action: Action, *, decides: bool) -> None:
    """Raise the Problem for which the person cannot change what an action says now. `decides`: see `decides_on`."""
    _check_decides(by, decides=decides)
    if action.state not in UNDONE_STATES:
        raise Conflict(f"This action is {action.state.label.lower()}, so what was planned can no longer be changed.")


def check_can_propose_for_child(by: Actor, audit: Audit) -> None:
    """Raise the Problem for which the person cannot propose an action for the child of an audit, which they may read.

    The auditor does while they score it, and others who decide on actions once it is submitted.
    """
    if audit.auditor_id == by.person_id:
        check_can_score(by, audit)
        return
    check_may(by, Permission.WRITE_ACTIONS)
    if audit.state not in SUBMITTED_STATES:
        raise Conflict("This audit is not submitted yet. Its auditor proposes actions for the child.")


def adds_live_actions(by: Actor, audit: Audit) -> bool:
    """Whether an action that this person adds for the child counts at once; the audit's auditor only proposes one."""
    return audit.auditor_id != by.person_id


def check_can_progress(by: Actor, action: Action) -> None:
    """Raise the Problem for which the person cannot note progress on an action now, or move its due date."""
    _check_works(by, action)
    if action.state is ActionState.PROPOSED or action.state not in {*UNDONE_STATES, ActionState.DONE}:
        raise Conflict(f"This action is {action.state.label.lower()}, so no progress can be recorded.")


def check_can_move_due_date(by: Actor, action: Action) -> None:
    """Raise the Problem for which the person cannot move the due date of an action now."""
    _check_works(by, action)
    if action.state not in UNDONE_STATES:
        raise Conflict(f"This action is {action.state.label.lower()}, so its due date can no longer be changed.")


def check_can_move(by: Actor, action: Action, move: ActionMove, *, decides: bool) -> None:
    """Raise the Problem for which the person cannot move an action on in this way now. `decides`: see `decides_on`."""
    if move in _OWNERS_MOVES:
        _check_works(by, action)
    else:
        _check_decides(by, decides=decides)
    if move in _IMPACT and is_owner(by, action):
        raise NotAllowed("You own this action, so another person must confirm its impact.")
    if move is ActionMove.AGREE and action.kind is ActionKind.CHILD_LEVEL:
        raise Conflict("A child-level action is agreed when its audit is submitted.")
    try:
        action_state_after(action.state, move)
    except ActionNotFromHereError:
        origins = sorted(state.label.lower() for state in ACTION_TRANSITIONS[move].origins)
        needed = " or ".join(origins)
        raise Conflict(f"This action is {action.state.label.lower()}. To do this it must be {needed}.") from None


def _check_works(by: Actor, action: Action) -> None:
    """Raise NotAllowed unless the person owns the action, or is a quality lead, who may record its progress too."""
    check_may(by, Permission.PROGRESS_ACTIONS)
    if not is_owner(by, action) and not may_read_every_audit(by):
        raise NotAllowed("Only the owner of an action or a quality lead can do this.")


def _check_decides(by: Actor, *, decides: bool) -> None:
    check_may(by, Permission.PROGRESS_ACTIONS)
    if not decides:
        raise NotAllowed(
            "Only a quality lead can do this, or a moderator who can read the audit if the action is for one child."
        )
