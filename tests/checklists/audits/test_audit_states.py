"""The table of an audit's states: every way on starts and ends where it says, and there is no other."""

import hashlib
import re
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from checklists.audits.audit_states import (
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
from checklists.audits.moderation import Cause, Rule, causes, is_drawn
from checklists.templates.library import load_library_template

TEMPLATE = load_library_template("scr-themes", 2)
BEST, LOWEST = TEMPLATE.scale.ratings[0].key, TEMPLATE.scale.ratings[-1].key
NOTHING = Rule("seed", share_percent=0, lowest=False, first_audits=0)


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
    page = (Path(__file__).parents[3] / "docs" / "moderation.md").read_text("utf-8")
    drawn = set(re.findall(r"^    (\w+) --> (\w+): (.+)$", page, flags=re.MULTILINE))
    table = {
        (origin.value.replace("-", "_"), each.target.value.replace("-", "_"), each.step.value.replace("-", " "))
        for each in TRANSITIONS.values()
        for origin in each.origins
    }
    assert drawn == table


ASKED: dict[str, Any] = {"answers": {BEST}, "override": "", "earlier": 0, "by_hand": False}


def answered(*answers: str) -> dict[str, str]:
    """The best answer for every theme, but for the first limiting ones, which have these, the lowest first."""
    given = dict.fromkeys(TEMPLATE.theme_keys, BEST)
    limiting = [theme.key for theme in TEMPLATE.themes if theme.limiting]
    return given | dict(zip(limiting, sorted(answers, key=LOWEST.__ne__), strict=False))


@pytest.mark.parametrize(
    ("rule", "audit", "expected"),
    [
        ({}, {}, ()),
        ({"share_percent": 100}, {}, (Cause.ALL,)),
        ({"lowest": True}, {"answers": {BEST}}, ()),
        ({"lowest": True}, {"answers": {BEST, LOWEST}}, (Cause.LOWEST,)),
        ({}, {"answers": {LOWEST}}, ()),
        ({"first_audits": 3}, {"earlier": 2}, (Cause.FIRST,)),
        ({"first_audits": 3}, {"earlier": 3}, ()),
        ({}, {"by_hand": True}, (Cause.BY_HAND,)),
        (
            {"share_percent": 100, "lowest": True, "first_audits": 1},
            {"answers": {LOWEST}, "by_hand": True},
            (Cause.ALL, Cause.LOWEST, Cause.FIRST, Cause.BY_HAND),
        ),
        ({}, {"override": BEST}, ()),
        ({}, {"override": LOWEST}, (Cause.OVERRIDE,)),
        ({}, {"answers": {LOWEST}, "override": BEST}, (Cause.ABOVE_RULE,)),
    ],
)
def test_an_audit_is_moderated_for_the_causes_of_its_rounds_rule(
    rule: dict[str, Any], audit: dict[str, Any], expected: tuple[Cause, ...]
) -> None:
    asked: dict[str, Any] = {**ASKED, "audit": "one", **audit}
    asked["answers"] = answered(*asked["answers"])
    assert causes(replace(NOTHING, **rule), TEMPLATE, **asked) == expected


@pytest.mark.parametrize("share", [0, 1, 25, 50, 99, 100])
def test_a_share_is_drawn_from_the_seed_and_the_audit_so_that_anybody_draws_the_same(share: int) -> None:
    drawn = set()
    for number in range(2_000):
        digest = hashlib.sha256(f"seed audit-{number}".encode()).hexdigest()
        if int(digest[:16], 16) / 16**16 < share / 100:
            drawn.add(number)
    assert {number for number in range(2_000) if is_drawn("seed", f"audit-{number}", share)} == drawn
    assert abs(len(drawn) - 20 * share) < 80
    rule = replace(NOTHING, share_percent=share)
    asked: dict[str, Any] = {**ASKED, "answers": answered(BEST)}
    found = {number for number in range(2_000) if causes(rule, TEMPLATE, audit=f"audit-{number}", **asked)}
    assert found == drawn


def test_until_a_rule_is_set_everything_is_moderated_and_every_cause_says_why() -> None:
    assert Rule("seed") == Rule("seed", share_percent=100, lowest=True, first_audits=3)
    assert len({cause.label for cause in Cause}) == len(Cause)
    assert all(isinstance(cause.label, str) for cause in Cause)


def test_every_state_has_a_label() -> None:
    assert {state.label for state in AuditState} >= {"Submitted", "Agreed", "Signed off", "Withdrawn"}
    assert all(state.label.casefold() == state.value.replace("-", " ") for state in AuditState)
