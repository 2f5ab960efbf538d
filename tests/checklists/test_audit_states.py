"""The table of an audit's states: every way on starts and ends where it says, and there is no other."""

import re
from itertools import product
from pathlib import Path

import pytest

from checklists.audit_states import (
    EDITABLE_STATES,
    SUBMITTED_STATES,
    TRANSITIONS,
    WHOSE_TURN,
    AuditState,
    NotFromHereError,
    Step,
    Turn,
    state_after,
)


@pytest.mark.parametrize(("state", "step"), list(product(AuditState, Step)))
def test_a_step_is_taken_from_its_own_states_and_from_no_other(state: AuditState, step: Step) -> None:
    if state in TRANSITIONS[step].origins:
        assert state_after(state, step) is TRANSITIONS[step].target
    else:
        with pytest.raises(NotFromHereError):
            state_after(state, step)


def test_every_state_can_be_reached_and_says_whose_turn_it_is() -> None:
    reached = {AuditState.DRAFT} | {each.target for each in TRANSITIONS.values()}
    assert reached == set(AuditState) == set(WHOSE_TURN)


def test_answers_stand_from_handing_in_until_a_return() -> None:
    assert {TRANSITIONS[step].target for step in Step} - SUBMITTED_STATES == {AuditState.RETURNED, AuditState.WITHDRAWN}
    assert not SUBMITTED_STATES & EDITABLE_STATES


def test_signed_off_answers_are_left_by_reopening_alone() -> None:
    assert [step for step in Step if AuditState.SIGNED_OFF in TRANSITIONS[step].origins] == [Step.REOPEN]
    assert WHOSE_TURN[AuditState.SIGNED_OFF] is Turn.NOBODY


def test_the_diagram_in_the_documentation_is_the_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "moderation.md").read_text("utf-8")
    drawn = set(re.findall(r"^    (\w+) --> (\w+): (.+)$", page, flags=re.MULTILINE))
    table = {
        (origin.value.replace("-", "_"), each.target.value.replace("-", "_"), each.step.value.replace("-", " "))
        for each in TRANSITIONS.values()
        for origin in each.origins
    }
    assert drawn == table
