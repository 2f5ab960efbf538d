"""Whatever people do to a child-level action in whatever order, it goes only where its states and its audit let it."""

import re
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from api.foundation.local_time import local_date
from api.foundation.problems import Problem
from api.improvement import actions
from api.improvement.child_level import actions as child_level
from api.improvement.child_level.actions import NewChildAction
from checklists.actions.action_states import ACTION_TRANSITIONS, UNDONE_STATES, ActionMove, ActionState
from checklists.actions.working_days import after_working_days
from models import Role, TeamMember, now
from tests.desk import Desk, a_desk
from tests.factories import MadePerson, a_person, an_actor
from tests.improvement.acting import details_of, stored
from tests.thorough import many

# Asha audits, Mo moderates, Lena leads, Olu owns actions of the case's team, Ola of no team.
PEOPLE = ("asha", "mo", "lena", "olu", "ola")
A_PERSON = st.sampled_from(PEOPLE)
SAYS = "See the child alone within the week."


class ChildLife(RuleBasedStateMachine):
    """One child-level action and its audit, beside a plain model of both."""

    desk: ClassVar[Desk]
    others: ClassVar[dict[str, MadePerson]]
    tried: ClassVar[int] = 0
    refused: ClassVar[int] = 0

    @initialize(owner=st.sampled_from(("olu", "mo", "lena", "")))
    def begin(self, owner: str) -> None:
        self.audit_id = self.desk.an_audit()
        self.desk.answer(self.audit_id)
        with self.desk.database.writing() as session:
            self.action_id: uuid.UUID = child_level.propose_child_action(
                session, audit_id=self.audit_id, new=self.new(owner), by=an_actor(self.desk.cast.asha)
            ).id
        self.owner, self.state, self.submitted, self.moved = owner, ActionState.PROPOSED, False, 0
        self.was_live, self.looked = False, 0

    def new(self, owner: str, reason: str = "") -> NewChildAction:
        person = self.person(owner).id if owner else None
        return NewChildAction(SAYS, "voice", person, "" if owner else "Team manager", due_days=5, reason=reason)

    def person(self, name: str) -> MadePerson:
        found: MadePerson = self.others.get(name) or getattr(self.desk.cast, name)
        return found

    def reads(self, by: str) -> bool:
        """Whether the person may know of the action: its auditor and leads do, and others once the audit is submitted.
        Its owner reads it from then on, unless it was dropped before; somebody else who owns actions never does.
        """
        if by in {"asha", "lena"}:
            return True
        return self.submitted and (by == "mo" or (by == self.owner and self.was_live))

    def decides(self, by: str) -> bool:
        if by == "asha":
            return self.state is ActionState.PROPOSED and not self.submitted
        return by == "lena" or (by == "mo" and self.submitted)

    def attempt(self, action: Callable[..., Any], *, may: bool, by: str, **said: Any) -> None:
        """Do it as a request would; whether it was let must be what the model says."""
        ChildLife.tried += 1
        let = False
        version = stored(self.desk, self.action_id).version
        with suppress(Problem), self.desk.database.writing() as session:
            action(session, action_id=self.action_id, version=version, by=an_actor(self.person(by)), **said)
            let = True
        ChildLife.refused += not let
        assert let == may, f"{action.__name__} {said} by {by} in {self.state}: {'let' if let else 'refused'}"

    def may_move(self, by: str, move: ActionMove) -> bool:
        of_owner = {ActionMove.START, ActionMove.FINISH, ActionMove.RESUME}
        closes = {ActionMove.CONFIRM_IMPACT, ActionMove.SEE_NO_IMPACT}
        may = by in {self.owner, "lena"} if move in of_owner else self.decides(by)
        may = may and not (move in closes and by == self.owner) and move is not ActionMove.AGREE
        return may and self.reads(by) and self.state in ACTION_TRANSITIONS[move].origins

    @rule()
    def submit(self) -> None:
        if self.submitted:
            return
        self.desk.submit(self.audit_id)
        self.submitted = True
        if self.state is ActionState.PROPOSED:
            self.state, self.was_live = ActionState.AGREED, True

    @rule(by=A_PERSON, move=st.sampled_from(list(ActionMove)))
    def move(self, by: str, move: ActionMove) -> None:
        may = self.may_move(by, move)
        self.attempt(actions.move_action, may=may, by=by, move=move, details=details_of(move))
        if may:
            self.state = ACTION_TRANSITIONS[move].target

    @rule(by=st.sampled_from(("olu", "lena")))
    def go_on(self, by: str) -> None:
        """The usual next move: most lives would end before they are done."""
        if not self.submitted:
            self.submit()
            return
        for move in (ActionMove.START, ActionMove.FINISH):
            if self.state in ACTION_TRANSITIONS[move].origins:
                self.move(by if by == self.owner else "lena", move)
                return

    @rule(by=A_PERSON, move=st.sampled_from([ActionMove.FINISH, ActionMove.CONFIRM_IMPACT, ActionMove.DROP]))
    def say_nothing(self, by: str, move: ActionMove) -> None:
        self.attempt(actions.move_action, may=False, by=by, move=move, details=actions.MoveDetails())

    @rule(by=A_PERSON)
    def note(self, by: str) -> None:
        states = {ActionState.AGREED, ActionState.IN_PROGRESS, ActionState.DONE}
        may = self.reads(by) and by in {self.owner, "lena"} and self.state in states
        self.attempt(actions.note_progress, may=may, by=by, words="The visit is in the diary.")

    @rule(by=A_PERSON, days=st.integers(40, 60))
    def move_due_date(self, by: str, days: int) -> None:
        due_on = local_date(now()) + timedelta(days=days)
        is_other = due_on != stored(self.desk, self.action_id).due_on
        may = self.reads(by) and by in {self.owner, "lena"} and self.state in UNDONE_STATES and is_other
        self.attempt(actions.move_due_date, may=may, by=by, due_on=due_on, reason="The family was away.")
        self.moved += may

    @rule(by=A_PERSON, owner=st.sampled_from(("olu", "mo", "lena", "")), says_why=st.booleans())
    def change(self, by: str, owner: str, says_why: bool) -> None:
        is_live = self.state is not ActionState.PROPOSED
        may = self.reads(by) and self.decides(by) and self.state in UNDONE_STATES and (says_why or not is_live)
        new = self.new(owner, "The owner has changed." if says_why else "")
        self.attempt(child_level.change_child_action, may=may, by=by, new=new)
        if may:
            self.owner = owner

    @rule(owner=st.just("ola"))
    def give_it_to_another_team(self, owner: str) -> None:
        self.attempt(child_level.change_child_action, may=False, by="lena", new=self.new(owner, "Another team has it."))

    @invariant()
    def the_database_says_what_the_model_says(self) -> None:
        if not hasattr(self, "action_id"):
            return
        action = stored(self.desk, self.action_id)
        assert action.state is self.state
        assert action.owner_id == (self.person(self.owner).id if self.owner else None)
        assert action.due_moves == self.moved
        if self.submitted and not self.moved:
            assert action.due_on == action.first_due_on
            assert action.due_on <= after_working_days(local_date(now()), 5)
        if action.closed_by_id is not None and self.state is not ActionState.NOT_PURSUED:
            assert action.closed_by_id != action.owner_id

    @invariant()
    def nobody_reads_it_but_whom_the_model_lets(self) -> None:
        if not hasattr(self, "action_id"):
            return
        # One after the other, to be quick.
        name = PEOPLE[self.looked % len(PEOPLE)]
        self.looked += 1
        with self.desk.database.reading() as session:
            found = None
            with suppress(Problem):
                found = actions.find_action(session, action_id=self.action_id, by=an_actor(self.person(name)))
        assert (found is not None) == self.reads(name), f"{name} in {self.state}"
        if found is not None and name in {"olu", "ola"}:
            assert not found.reads_audit
            assert not found.decides


def people_of(desk: Desk) -> dict[str, MadePerson]:
    made = {
        name: a_person(desk.database, desk.cast.organisation, name=name.capitalize(), roles={Role.ACTION_OWNER})
        for name in ("olu", "ola")
    }
    with desk.database.writing() as session:
        own = desk.cast.organisation.id
        session.add(TeamMember(organisation_id=own, person_id=made["olu"].id, team_id=desk.team_id))
    return made


@pytest.mark.both_in_trials
def test_a_child_level_action_goes_only_where_its_states_and_its_audit_let_it(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with a_desk(database_url) as desk:
        ChildLife.desk, ChildLife.tried, ChildLife.refused = desk, 0, 0
        ChildLife.others = people_of(desk)
        run_state_machine_as_test(
            ChildLife,
            settings=settings(
                max_examples=many(8, thorough=14),
                stateful_step_count=25,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert ChildLife.tried > 30
    assert 0 < ChildLife.refused < ChildLife.tried
    with capsys.disabled():
        tried, refused = ChildLife.tried, ChildLife.refused
        print(f"\nChild-level actions: {tried} steps, {refused} refused as the model says, 0 illegal transitions")


def test_a_page_offers_only_what_the_action_lets_the_person_do(database_url: str) -> None:
    with a_desk(database_url) as desk:
        others = people_of(desk)
        machine = ChildLife()
        ChildLife.desk, ChildLife.others = desk, others
        machine.begin("olu")
        machine.submit()
        for moves in ((), (ActionMove.START,), (ActionMove.FINISH,), (ActionMove.CONFIRM_IMPACT,)):
            for move in moves:
                machine.move("mo" if move is ActionMove.CONFIRM_IMPACT else "olu", move)
            for name in PEOPLE:
                page = desk.browser(machine.person(name)).get(f"/actions/{machine.action_id}")
                assert (page.status_code == 200) == machine.reads(name), name
                offered = set(re.findall(rf"/actions/{machine.action_id}/moves/([a-z-]+)", page.text))
                allowed = {move.value for move in ActionMove if machine.may_move(name, move)}
                assert offered == allowed, f"{name} in {machine.state}"
                linked = f"/child-actions/{machine.action_id}/edit" in page.text
                assert linked == (machine.reads(name) and machine.decides(name) and machine.state in UNDONE_STATES), (
                    name
                )
