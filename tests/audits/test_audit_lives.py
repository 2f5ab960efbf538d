"""Whatever people do to an audit in whatever order, it goes only where the table of states lets it, and as signed."""

import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlmodel import Session

from api.audits.scoring import actions as scores
from api.audits.scoring.actions import NewScore
from api.audits.submission import actions as submissions
from api.foundation.problems import Problem
from api.moderation import actions as moderation
from api.moderation import comments, sign_off
from api.moderation.actions import AnswerReview
from checklists.audit_states import EDITABLE_STATES, TRANSITIONS, AuditState, Step
from checklists.tallies import decode_answers
from models import Audit
from tests.desk import THEMES, Desk, a_desk
from tests.factories import MadePerson, an_actor

pytestmark = pytest.mark.both_databases

ANSWERS = ("good", "inadequate", "not-evidenced")
PEOPLE = ("asha", "ben", "mo", "lena")
A_PERSON = st.sampled_from(PEOPLE)
JUDGES = {"mo", "lena"}


class Life(RuleBasedStateMachine):
    """One audit of Asha's, beside a plain model of it."""

    desk: ClassVar[Desk]
    tried: ClassVar[int] = 0
    refused: ClassVar[int] = 0

    @initialize(far=st.integers(0, 5))
    def begin(self, far: int) -> None:
        """An audit that has come some way already: most steps start late in a life."""
        self.audit_id = self.desk.an_audit()
        self.state = AuditState.DRAFT
        self.answers: dict[str, str] = {}
        self.judged: dict[str, tuple[str, str]] = {}
        self.agreed: dict[str, str] = {}
        self.moderator = ""
        self.asked_by = ""
        self.threads: list[uuid.UUID] = []
        steps: tuple[Callable[[], None], ...] = (
            lambda: self.score_all("good"),
            lambda: self.submit("asha"),
            lambda: self.take("mo"),
            self.judge_all,
            lambda: self.agree("mo"),
        )
        for step in steps[:far]:
            step()

    def person(self, name: str) -> MadePerson:
        person: MadePerson = getattr(self.desk.cast, name)
        return person

    def attempt(self, action: Callable[..., Any], *, may: bool, by: str, **said: Any) -> Any:
        """Do it as a request would; whether it was let must be what the model says."""
        Life.tried += 1
        done, let = None, False
        with suppress(Problem), self.desk.database.writing() as session:
            done = action(session, audit_id=self.audit_id, by=an_actor(self.person(by)), **said)
            let = True
        Life.refused += not let
        assert let == may, f"{action.__name__} by {by} in {self.state}: {'let' if let else 'refused'}"
        return done

    @property
    def version(self) -> int:
        with self.desk.database.reading() as session:
            return self.stored(session).version

    def stored(self, session: Session) -> Audit:
        return session.get_one(Audit, (self.desk.cast.organisation.id, self.audit_id))

    def can(self, step: Step) -> bool:
        return self.state in TRANSITIONS[step].origins

    @rule(by=A_PERSON, theme=st.sampled_from(THEMES), answer=st.sampled_from(ANSWERS))
    def score(self, by: str, theme: str, answer: str) -> None:
        may = by == "asha" and self.state in EDITABLE_STATES
        self.attempt(scores.score_themes, may=may, by=by, scores=[NewScore(theme, answer, rationale="Seen.")])
        if may:
            self.answers[theme] = answer

    @rule(answer=st.sampled_from(ANSWERS))
    def score_all(self, answer: str) -> None:
        if self.state in EDITABLE_STATES:
            all_of_them = [NewScore(theme, answer, rationale="Seen.") for theme in THEMES]
            self.attempt(scores.score_themes, may=True, by="asha", scores=all_of_them)
            self.answers = dict.fromkeys(THEMES, answer)

    @rule(by=A_PERSON)
    def submit(self, by: str) -> None:
        may = by == "asha" and self.can(Step.SUBMIT) and set(self.answers) == set(THEMES)
        self.attempt(submissions.submit_audit, may=may, by=by, version=self.version)
        if may:
            self.state = AuditState.SUBMITTED

    @rule(by=A_PERSON)
    def take(self, by: str) -> None:
        fresh = self.state is AuditState.SUBMITTED
        may = by in JUDGES and (fresh or (self.state is AuditState.IN_MODERATION and self.moderator != by))
        self.attempt(moderation.start_moderation, may=may, by=by, version=self.version)
        if may:
            self.state, self.moderator = AuditState.IN_MODERATION, by

    @rule(by=A_PERSON, theme=st.sampled_from(THEMES), answer=st.sampled_from(ANSWERS), reason=st.booleans())
    def judge(self, by: str, theme: str, answer: str, *, reason: bool) -> None:
        holds = self.state is AuditState.IN_MODERATION and self.moderator == by
        may = holds and (reason or self.answers[theme] == answer)
        judgement = AnswerReview(theme, answer, "The file says otherwise." if reason else "")
        self.attempt(moderation.review_answers, may=may, by=by, judgements=[judgement], version=self.version)
        if may:
            self.judged[theme] = (answer, self.answers[theme])

    @rule()
    def judge_all(self) -> None:
        if self.state is AuditState.IN_MODERATION:
            all_of_them = [AnswerReview(theme, answer) for theme, answer in self.answers.items()]
            self.attempt(
                moderation.review_answers, may=True, by=self.moderator, judgements=all_of_them, version=self.version
            )
            self.judged = {theme: (answer, answer) for theme, answer in self.answers.items()}

    @rule(by=A_PERSON)
    def agree(self, by: str) -> None:
        judged = all(self.judged.get(theme, ("", ""))[1] == answer for theme, answer in self.answers.items())
        may = self.can(Step.AGREE) and self.moderator == by and judged and not self.threads
        self.attempt(moderation.agree_answers, may=may, by=by, version=self.version)
        if may:
            self.state = AuditState.AGREED
            self.agreed = {theme: self.judged[theme][0] for theme in THEMES}

    @rule(by=A_PERSON)
    def accept(self, by: str) -> None:
        # The round moderates everything, so that nothing is accepted as it is.
        self.attempt(moderation.accept_answers, may=False, by=by, version=self.version)

    @rule(by=A_PERSON)
    def comment(self, by: str) -> None:
        settled = {AuditState.AGREED, AuditState.SIGNED_OFF, AuditState.WITHDRAWN}
        reads = by in {"asha", "lena"} or (by == "mo" and self.state not in EDITABLE_STATES)
        may = reads and self.state not in settled
        made = self.attempt(comments.add_comment, may=may, by=by, words="Look at page two.")
        if may:
            self.threads.append(made.id)

    @rule()
    def resolve(self) -> None:
        if self.threads and self.state not in {AuditState.AGREED, AuditState.SIGNED_OFF, AuditState.WITHDRAWN}:
            self.attempt(comments.resolve_thread, may=True, by="lena", thread_id=self.threads.pop())

    @rule(by=A_PERSON)
    def give_back(self, by: str) -> None:
        may = by in JUDGES and self.can(Step.RETURN)
        self.attempt(submissions.return_to_auditor, may=may, by=by, reason="Look again.", version=self.version)
        if may:
            self.state, self.agreed = AuditState.RETURNED, {}

    @rule(by=A_PERSON)
    def sign(self, by: str) -> None:
        may = self.can(Step.SIGN_OFF) and by in JUDGES - {self.moderator} and not self.asked_by
        self.attempt(sign_off.sign_off, may=may, by=by, version=self.version)
        if may:
            self.state = AuditState.SIGNED_OFF

    @rule(by=A_PERSON)
    def ask_to_reopen(self, by: str) -> None:
        may = by in JUDGES and self.can(Step.REOPEN) and not self.asked_by
        made = self.attempt(sign_off.ask_to_reopen, may=may, by=by, reason="A page was missing.", version=self.version)
        if may:
            self.asked_by, self.reopening_id = by, made.id

    @rule(by=A_PERSON, confirmed=st.booleans())
    def decide(self, by: str, *, confirmed: bool) -> None:
        if not self.asked_by:
            return
        may = by in JUDGES - {self.asked_by}
        said = {"reopening_id": self.reopening_id, "confirmed": confirmed, "version": self.version}
        self.attempt(sign_off.decide_on_reopening, may=may, by=by, **said)
        if may:
            self.asked_by = ""
            self.state = AuditState.IN_MODERATION if confirmed else self.state

    @rule(by=A_PERSON)
    def withdraw(self, by: str) -> None:
        own = by == "asha" and self.state in EDITABLE_STATES
        may = self.can(Step.WITHDRAW) and (own or by == "lena") and len(self.answers) == len(THEMES)
        if len(self.answers) == len(THEMES) and by != "lena":
            self.attempt(submissions.withdraw, may=may and own, by=by, reason="Another team.", version=self.version)
            self.state = AuditState.WITHDRAWN if may and own else self.state

    @invariant()
    def the_database_says_what_the_model_says(self) -> None:
        if not hasattr(self, "audit_id"):
            return
        with self.desk.database.reading() as session:
            stored = self.stored(session)
            assert stored.state is self.state
            agreed = decode_answers(self.desk.template, stored.agreed_answers) if stored.agreed_answers else {}
            assert agreed == self.agreed
            assert bool(stored.signature) == (self.state is AuditState.SIGNED_OFF)
            if stored.signature:
                assert sign_off.is_as_signed(session, stored)


@pytest.fixture(scope="module")
def desk(shared_database_url: str) -> Any:
    with a_desk(shared_database_url) as made:
        yield made


def test_an_audit_goes_only_where_the_table_lets_it(
    desk: Desk, database_kind: str, record_property: Callable[[str, object], None]
) -> None:
    Life.desk, Life.tried, Life.refused = desk, 0, 0
    few = settings(
        max_examples=25,
        stateful_step_count=40,
        phases=[Phase.generate],  # each step is a transaction: shrinking would take minutes
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Life, settings=few)
    record_property(
        "figure",
        f"Lives of audits on {database_kind}: {Life.tried:,} steps tried, {Life.refused:,} refused as the table says,"
        " 0 let that it forbids, database and model equal after each",
    )
