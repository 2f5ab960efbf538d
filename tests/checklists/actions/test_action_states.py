"""The table of an action's states: every move starts and ends where it says, and there is no other."""

from itertools import product
from pathlib import Path

import pytest

from checklists.actions.action_states import (
    ACTION_TRANSITIONS,
    CLOSED_STATES,
    UNDONE_STATES,
    ActionMove,
    ActionNotFromHereError,
    ActionState,
    action_state_after,
    diagram,
)


@pytest.mark.parametrize(("state", "move"), list(product(ActionState, ActionMove)))
def test_a_move_is_made_from_its_own_states_and_from_no_other(state: ActionState, move: ActionMove) -> None:
    if state in ACTION_TRANSITIONS[move].origins:
        assert action_state_after(state, move) is ACTION_TRANSITIONS[move].target
    else:
        with pytest.raises(ActionNotFromHereError):
            action_state_after(state, move)


def test_every_state_can_be_reached_and_a_closed_action_never_moves_again() -> None:
    reached = {ActionState.PROPOSED} | {each.target for each in ACTION_TRANSITIONS.values()}
    assert reached == set(ActionState)
    assert set(ActionState).difference(*(each.origins for each in ACTION_TRANSITIONS.values())) == CLOSED_STATES
    assert not UNDONE_STATES & CLOSED_STATES
    assert set(ActionState) - UNDONE_STATES - CLOSED_STATES == {ActionState.DONE}


def test_impact_is_reached_only_through_done() -> None:
    for move in (ActionMove.CONFIRM_IMPACT, ActionMove.SEE_NO_IMPACT):
        assert ACTION_TRANSITIONS[move].origins == {ActionState.DONE}


def test_the_diagram_in_the_documentation_is_the_table() -> None:
    page = (Path(__file__).parents[3] / "docs" / "actions.md").read_text("utf-8")
    assert f"```mermaid\n{diagram()}\n```" in page
