"""The states of an action and the transitions between them: the only table of them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ActionState(StrEnum):
    PROPOSED = "proposed"
    AGREED = "agreed"
    IN_PROGRESS = "in-progress"
    DONE = "done"
    IMPACT_SHOWN = "impact-shown"
    NO_IMPACT = "no-impact"
    NOT_PURSUED = "not-pursued"

    @property
    def label(self) -> str:
        return {"no-impact": "No impact seen"}.get(self.value, self.value.replace("-", " ").capitalize())


# Somebody still has something to do: these can be overdue.
UNDONE_STATES: Final = frozenset({ActionState.PROPOSED, ActionState.AGREED, ActionState.IN_PROGRESS})
CLOSED_STATES: Final = frozenset({ActionState.IMPACT_SHOWN, ActionState.NO_IMPACT, ActionState.NOT_PURSUED})


class ActionMove(StrEnum):
    """What moves an action from one state to another."""

    AGREE = "agree"
    START = "start"
    FINISH = "finish"
    # Reopen: not done yet.
    RESUME = "resume"
    # With evidence, by somebody who does not own the action.
    CONFIRM_IMPACT = "confirm-impact"
    # An honest end, which asks for a new action.
    SEE_NO_IMPACT = "see-no-impact"
    DROP = "drop"

    @property
    def label(self) -> str:
        """The move as the documentation's diagram names it."""
        return self.value.replace("-", " ")


@dataclass(frozen=True, slots=True)
class ActionTransition:
    """An allowed transition from some states to another."""

    move: ActionMove
    origins: frozenset[ActionState]
    target: ActionState


_S = ActionState
ACTION_TRANSITIONS: Final = {
    each.move: each
    for each in (
        ActionTransition(ActionMove.AGREE, frozenset({_S.PROPOSED}), _S.AGREED),
        ActionTransition(ActionMove.START, frozenset({_S.AGREED}), _S.IN_PROGRESS),
        ActionTransition(ActionMove.FINISH, frozenset({_S.AGREED, _S.IN_PROGRESS}), _S.DONE),
        ActionTransition(ActionMove.RESUME, frozenset({_S.DONE}), _S.IN_PROGRESS),
        ActionTransition(ActionMove.CONFIRM_IMPACT, frozenset({_S.DONE}), _S.IMPACT_SHOWN),
        ActionTransition(ActionMove.SEE_NO_IMPACT, frozenset({_S.DONE}), _S.NO_IMPACT),
        ActionTransition(ActionMove.DROP, UNDONE_STATES, _S.NOT_PURSUED),
    )
}


class ActionNotFromHereError(Exception):
    """An action in this state does not allow this move."""


def action_state_after(state: ActionState, move: ActionMove) -> ActionState:
    """The state after the move. Raises ActionNotFromHereError when it is not allowed in this state."""
    transition = ACTION_TRANSITIONS[move]
    if state not in transition.origins:
        raise ActionNotFromHereError(f"An action that is {state.label.lower()} does not allow: {move.label}.")
    return transition.target


def diagram() -> str:
    """The table as a Mermaid state diagram, as the documentation shows it."""
    names = {state: state.value.replace("-", "_") for state in ActionState}
    lines = ["stateDiagram-v2", f"    [*] --> {names[ActionState.PROPOSED]}"]
    lines += [
        f"    {names[origin]} --> {names[each.target]}: {each.move.label}"
        for each in ACTION_TRANSITIONS.values()
        for origin in ActionState
        if origin in each.origins
    ]
    ends = [state for state in ActionState if state in CLOSED_STATES]
    return "\n".join([*lines, *(f"    {names[state]} --> [*]" for state in ends)])
