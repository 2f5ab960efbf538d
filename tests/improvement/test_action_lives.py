"""Whatever people do to an action in whatever order, it goes only where the table of its states lets it."""

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
from checklists.actions.action_states import ACTION_TRANSITIONS, UNDONE_STATES, ActionMove, ActionState
from models import Role, now
from tests.desk import Desk, a_desk
from tests.factories import MadePerson, a_person, an_actor
from tests.improvement.acting import WORDS, a_plan, details_of, planned, stored
from tests.thorough import many

PEOPLE = ("asha", "mo", "lena", "lou", "ada")
LEADS = {"lena", "lou"}
A_PERSON = st.sampled_from(PEOPLE)
# Asha owns it, or a lead does.
OWNERS = ("asha", "lena", "")


class Life(RuleBasedStateMachine):
    """One practice action, beside a plain model of it."""

    desk: ClassVar[Desk]
    lou: ClassVar[MadePerson]
    tried: ClassVar[int] = 0
    refused: ClassVar[int] = 0

    @initialize(owner=st.sampled_from(OWNERS))
    def begin(self, owner: str) -> None:
        self.owner = owner
        self.action_id: uuid.UUID = planned(self.desk, a_plan(self.person(owner) if owner else None))
        self.state = ActionState.PROPOSED
        self.notes, self.due_moves = 0, 0
        self.first_due_on = stored(self.desk, self.action_id).due_on

    def person(self, name: str) -> MadePerson:
        person: MadePerson = self.lou if name == "lou" else getattr(self.desk.cast, name)
        return person

    def attempt(self, action: Callable[..., Any], *, may: bool, by: str, **said: Any) -> None:
        """Do it as a request would; whether it was let must be what the model says."""
        Life.tried += 1
        let = False
        version = stored(self.desk, self.action_id).version
        with suppress(Problem), self.desk.database.writing() as session:
            action(session, action_id=self.action_id, version=version, by=an_actor(self.person(by)), **said)
            let = True
        Life.refused += not let
        assert let == may, f"{action.__name__} {said} by {by} in {self.state}: {'let' if let else 'refused'}"

    @rule(by=A_PERSON, move=st.sampled_from(list(ActionMove)))
    def move(self, by: str, move: ActionMove) -> None:
        works = by == self.owner or by in LEADS
        of_owner = {ActionMove.START, ActionMove.FINISH, ActionMove.RESUME}
        closes = {ActionMove.CONFIRM_IMPACT, ActionMove.SEE_NO_IMPACT}
        may = works if move in of_owner else by in LEADS
        may = may and not (move in closes and by == self.owner) and self.state in ACTION_TRANSITIONS[move].origins
        self.attempt(actions.move_action, may=may, by=by, move=move, details=details_of(move))
        if may:
            self.state = ACTION_TRANSITIONS[move].target
            self.notes += move in {ActionMove.FINISH, ActionMove.RESUME}

    @rule(by=st.sampled_from(("asha", "lena")))
    def go_on(self, by: str) -> None:
        """The usual next move: most lives would end before they are done."""
        for move in (ActionMove.AGREE, ActionMove.START, ActionMove.FINISH):
            if self.state in ACTION_TRANSITIONS[move].origins:
                self.move("lena" if move is ActionMove.AGREE or self.owner != by else by, move)
                return

    @rule(by=A_PERSON, move=st.sampled_from([ActionMove.FINISH, ActionMove.CONFIRM_IMPACT, ActionMove.DROP]))
    def say_nothing(self, by: str, move: ActionMove) -> None:
        self.attempt(actions.move_action, may=False, by=by, move=move, details=actions.MoveDetails())

    @rule(by=A_PERSON)
    def note(self, by: str) -> None:
        states = {ActionState.AGREED, ActionState.IN_PROGRESS, ActionState.DONE}
        may = (by == self.owner or by in LEADS) and self.state in states
        self.attempt(actions.note_progress, may=may, by=by, words="Half of the team is trained.", steps_done=[1])
        self.notes += may

    @rule(by=A_PERSON, days=st.integers(40, 60))
    def move_due_date(self, by: str, days: int) -> None:
        due_on = local_date(now()) + timedelta(days=days)
        is_other = due_on != stored(self.desk, self.action_id).due_on
        may = (by == self.owner or by in LEADS) and self.state in UNDONE_STATES and is_other
        self.attempt(actions.move_due_date, may=may, by=by, due_on=due_on, reason="The trainer was ill.")
        self.due_moves += may

    @rule(by=A_PERSON, owner=st.sampled_from(OWNERS))
    def change(self, by: str, owner: str) -> None:
        may = by in LEADS and self.state in UNDONE_STATES
        plan = a_plan(self.person(owner) if owner else None, words=f"{WORDS} Always.")
        self.attempt(actions.change_action, may=may, by=by, plan=plan)
        if may:
            self.owner = owner

    @invariant()
    def the_database_says_what_the_model_says(self) -> None:
        if not hasattr(self, "action_id"):
            return
        lena = an_actor(self.desk.cast.lena)
        with self.desk.database.reading() as session:
            found = actions.find_action(session, action_id=self.action_id, by=lena)
        action = found.action
        assert action.state is self.state
        assert action.owner_id == (self.person(self.owner).id if self.owner else None)
        assert (action.first_due_on, action.due_moves) == (self.first_due_on, self.due_moves)
        assert len(found.progress_notes) == self.notes
        assert len(found.moves_of_due_date) == self.due_moves
        if self.state is ActionState.IMPACT_SHOWN:
            assert action.impact
            assert action.closed_by_id != action.owner_id


@pytest.mark.both_in_trials
def test_an_action_goes_only_where_its_states_let_it(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    with a_desk(database_url) as desk:
        Life.desk, Life.tried, Life.refused = desk, 0, 0
        Life.lou = a_person(desk.database, desk.cast.organisation, name="Lou", roles={Role.QUALITY_LEAD})
        run_state_machine_as_test(
            Life,
            settings=settings(
                max_examples=many(12, thorough=25),
                stateful_step_count=25,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert Life.tried > 100
    assert 0 < Life.refused < Life.tried
    with capsys.disabled():
        print(f"\nActions: {Life.tried} steps, {Life.refused} refused as the model says, 0 illegal transitions")
