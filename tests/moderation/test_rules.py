"""The rule of a round: set by a lead from its newest version, within its limits, and never once the round is closed."""

from dataclasses import replace
from typing import Any

import pytest

from api.foundation.permissions import Actor
from api.foundation.problems import Conflict, Invalid, NotAllowed, Stale
from api.moderation.rules import RuleChange, rule_of, set_rule
from models import ModerationRule, Round
from tests.desk import Desk
from tests.factories import an_actor

TENTH = RuleChange(share_percent=10, lowest=False, first_audits=2)


def change(desk: Desk, to: RuleChange, version: int, by: Actor | None = None) -> None:
    with desk.database.writing() as session:
        set_rule(session, round_id=desk.round_id, change=to, version=version, by=by or an_actor(desk.cast.lena))


def stored(desk: Desk) -> ModerationRule:
    with desk.database.reading() as session:
        return rule_of(session, session.get_one(Round, (desk.cast.organisation.id, desk.round_id)))


@pytest.mark.both_in_trials
def test_a_rule_is_changed_from_its_newest_version_and_its_seed_is_drawn_once(desk: Desk) -> None:
    with pytest.raises(Stale):
        change(desk, TENTH, 1)
    change(desk, TENTH, 0)
    first = stored(desk)
    assert (first.version, first.share_percent, first.lowest, first.first_audits) == (1, 10, False, 2)
    with pytest.raises(Stale):
        change(desk, replace(TENTH, share_percent=20), 0)
    change(desk, replace(TENTH, share_percent=20), 1)
    second = stored(desk)
    assert (second.version, second.share_percent) == (2, 20)
    assert second.seed == first.seed != ""


@pytest.mark.both_in_trials
@pytest.mark.parametrize("name", ["share_percent", "first_audits"])
@pytest.mark.parametrize(("number", "fits"), [(-1, False), (0, True), (100, True), (101, False)])
def test_a_share_and_a_number_of_audits_are_from_0_to_100(desk: Desk, name: str, number: int, *, fits: bool) -> None:
    values: dict[str, Any] = {name: number}
    changed = replace(TENTH, **values)
    if fits:
        change(desk, changed, 0)
        assert getattr(stored(desk), name) == number
    else:
        with pytest.raises(Invalid) as refused:
            change(desk, changed, 0)
        assert [fault.pointer for fault in refused.value.faults] == [f"/{name}"]
        assert stored(desk).version == 0


@pytest.mark.both_in_trials
def test_only_a_lead_sets_a_rule(desk: Desk) -> None:
    for person in (desk.cast.asha, desk.cast.mo):
        with pytest.raises(NotAllowed):
            change(desk, TENTH, 0, an_actor(person))
    assert stored(desk).version == 0


@pytest.mark.both_in_trials
def test_a_closed_round_keeps_its_rule(desk: Desk) -> None:
    change(desk, TENTH, 0)
    desk.close_round()
    with pytest.raises(Conflict, match="closed and cannot be changed"):
        change(desk, replace(TENTH, share_percent=20), 1)
    assert stored(desk).share_percent == 10
