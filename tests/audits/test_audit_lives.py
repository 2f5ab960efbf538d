"""Whatever people do to an audit in whatever order, it goes only where the table of states lets it, and as signed."""

import uuid
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlmodel import Session, col, select

from api.access.audits import (
    check_can_read_audit,
    check_can_score,
    check_not_own_audit,
    may_read_audit,
    may_resolve_double_reading,
    may_score,
    readable_audits,
)
from api.allocation.actions import Allocation, allocate
from api.audits.scoring import actions as scores
from api.audits.scoring.actions import NewScore
from api.audits.submission import actions as submissions
from api.foundation.permissions import Actor, Permission
from api.foundation.problems import Conflict, NotAllowed, NotFound, Problem, Stale
from api.moderation import actions as moderation
from api.moderation import comments, sign_off
from api.moderation.actions import AnswerReview, OverallReview
from checklists.audits.audit_states import EDITABLE_STATES, TRANSITIONS, AuditState, Step
from checklists.audits.scoring import overall_judgement
from checklists.reports.tallies import decode_answers
from models import Audit, Role, Round
from tests.desk import THEMES, Desk, a_desk
from tests.factories import MadePerson, a_person, an_actor
from tests.signing import agreed, in_moderation, submitted
from tests.thorough import many

ANSWERS = ("good", "inadequate", "not-evidenced")
PEOPLE = ("asha", "ben", "mo", "lena")
A_PERSON = st.sampled_from(PEOPLE)
JUDGES = {"mo", "lena"}


class Life(RuleBasedStateMachine):
    """One audit of Asha's, beside a plain model of it."""

    desk: ClassVar[Desk]
    tried: ClassVar[int] = 0
    refused: ClassVar[int] = 0

    @initialize(far=st.integers(0, 6))
    def begin(self, far: int) -> None:
        """An audit that has come some way already: most steps start late in a life."""
        self.audit_id = self.desk.an_audit()
        self.state = AuditState.DRAFT
        self.answers: dict[str, str] = {}
        self.judged: dict[str, tuple[str, str]] = {}
        self.agreed: dict[str, str] = {}
        self.moderator = ""
        self.overall: str | None = None
        self.agreed_overall = ""
        self.asked_by = ""
        # Each with who began it: nobody replies in this model.
        self.threads: list[tuple[uuid.UUID, str]] = []
        steps: tuple[Callable[[], None], ...] = (
            lambda: self.score_all("good"),
            lambda: self.submit("asha"),
            lambda: self.take("mo"),
            self.judge_all,
            lambda: self.judge_overall("mo"),
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
    def judge_overall(self, by: str) -> None:
        may = self.state is AuditState.IN_MODERATION and self.moderator == by
        review = OverallReview(self.calculated())
        self.attempt(moderation.review_overall, may=may, by=by, review=review, version=self.version)
        if may:
            self.overall = self.calculated()

    def reviewed(self, theme: str) -> str:
        answer, auditors = self.judged.get(theme, ("", ""))
        return answer if auditors == self.answers[theme] else self.answers[theme]

    def calculated(self) -> str:
        """The overall judgement by the template's rule, as the moderator sees the answers now."""
        if len(self.answers) < len(THEMES):
            return "good"
        return overall_judgement(self.desk.template, {theme: self.reviewed(theme) for theme in THEMES}) or ""

    @rule(by=A_PERSON)
    def agree(self, by: str) -> None:
        judged = all(self.judged.get(theme, ("", ""))[1] == answer for theme, answer in self.answers.items())
        may = self.can(Step.AGREE) and self.moderator == by and judged and not self.threads
        may = may and self.overall == self.calculated()
        self.attempt(moderation.agree_answers, may=may, by=by, version=self.version)
        if may:
            self.state = AuditState.AGREED
            self.agreed = {theme: self.judged[theme][0] for theme in THEMES}
            self.agreed_overall = self.overall or ""

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
            self.threads.append((made.id, by))

    @rule()
    def resolve(self) -> None:
        if self.threads and self.state not in {AuditState.AGREED, AuditState.SIGNED_OFF, AuditState.WITHDRAWN}:
            thread_id, began = self.threads.pop()
            may = began != "lena"
            self.attempt(comments.resolve_thread, may=may, by="lena", thread_id=thread_id)
            if not may:
                self.threads.append((thread_id, began))

    @rule(by=A_PERSON)
    def give_back(self, by: str) -> None:
        may = by in JUDGES and self.can(Step.RETURN)
        self.attempt(submissions.return_to_auditor, may=may, by=by, reason="Look again.", version=self.version)
        if may:
            self.state, self.agreed = AuditState.RETURNED, {}

    @rule(by=A_PERSON)
    def sign(self, by: str) -> None:
        may = self.can(Step.SIGN_OFF) and by in JUDGES - {self.moderator} and not self.asked_by
        review = OverallReview(self.agreed_overall)
        self.attempt(sign_off.sign_off, may=may, by=by, review=review, version=self.version)
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
            assert stored.agreed_overall == (self.agreed_overall if self.agreed else "")
            assert bool(stored.signature) == (self.state is AuditState.SIGNED_OFF)
            if stored.signature:
                assert sign_off.is_as_signed(session, stored)


@pytest.fixture(scope="module")
def desk(shared_database_url: str) -> Any:
    with a_desk(shared_database_url) as made:
        yield made


def audit_version(desk: Desk, audit_id: uuid.UUID) -> int:
    with desk.database.reading() as session:
        return session.get_one(Audit, (desk.cast.organisation.id, audit_id)).version


def complete(desk: Desk) -> uuid.UUID:
    audit_id = desk.an_audit()
    desk.answer(audit_id)
    return audit_id


AGAIN: dict[str, Any] = {"reason": "Look again."}
STEPS: list[tuple[Callable[..., Any], Callable[[Desk], uuid.UUID], str, dict[str, Any]]] = [
    (submissions.submit_audit, complete, "asha", {}),
    (submissions.return_to_auditor, submitted, "mo", AGAIN),
    (submissions.withdraw, submitted, "lena", AGAIN),
    (moderation.select_manually, submitted, "lena", {"chosen": True}),
    (moderation.start_moderation, submitted, "mo", {}),
    (moderation.review_answers, in_moderation, "mo", {"judgements": [AnswerReview("voice", "good")]}),
    (moderation.agree_answers, in_moderation, "mo", {}),
]


@pytest.mark.both_in_trials
@pytest.mark.parametrize(("step", "begin", "by", "said"), STEPS, ids=lambda each: getattr(each, "__name__", ""))
def test_a_step_that_rests_on_an_older_version_is_refused(
    desk: Desk, step: Callable[..., Any], begin: Callable[[Desk], uuid.UUID], by: str, said: dict[str, Any]
) -> None:
    audit_id, actor = begin(desk), an_actor(getattr(desk.cast, by))
    version = audit_version(desk, audit_id)
    with pytest.raises(Stale), desk.database.writing() as session:
        step(session, audit_id=audit_id, version=version - 1, by=actor, **said)
    with desk.database.writing() as session:
        assert step(session, audit_id=audit_id, version=version, by=actor, **said).version == version + 1


@pytest.mark.both_databases
def test_nobody_judges_their_own_audit_or_a_case_that_they_read(desk: Desk) -> None:
    both = {Role.AUDITOR, Role.MODERATOR}
    reader = a_person(desk.database, desk.cast.organisation, name="Rae", roles=both)
    audit_id, own = submitted(desk), replace(an_actor(desk.cast.asha), roles=frozenset(both))
    for step, said in ((moderation.start_moderation, {}), (submissions.return_to_auditor, AGAIN)):
        with pytest.raises(NotAllowed, match="your own audit"), desk.database.writing() as session:
            step(session, audit_id=audit_id, version=audit_version(desk, audit_id), by=own, **said)
    with desk.database.writing() as session:
        case = session.get_one(Audit, (desk.cast.organisation.id, audit_id)).case_file_id
        second = allocate(
            session,
            round_id=desk.round_id,
            allocation=Allocation(case, reader.id, 2),
            by=an_actor(desk.cast.lena),
        ).id
    desk.answer(second, by=reader)
    desk.submit(second, by=reader)
    version = audit_version(desk, audit_id)
    with pytest.raises(NotAllowed, match="You read this case in this round"), desk.database.writing() as session:
        moderation.start_moderation(session, audit_id=audit_id, version=version, by=an_actor(reader))


@pytest.mark.both_in_trials
def test_nobody_comments_on_what_is_agreed(desk: Desk) -> None:
    audit_id = agreed(desk)
    for person in (desk.cast.asha, desk.cast.mo, desk.cast.lena):
        with (
            pytest.raises(Conflict, match="You cannot comment on an agreed or withdrawn audit"),
            desk.database.writing() as session,
        ):
            comments.add_comment(session, audit_id=audit_id, words="Look at page two.", by=an_actor(person))
        with desk.database.reading() as session:
            audit = session.get_one(Audit, (desk.cast.organisation.id, audit_id))
            assert not comments.may_comment(an_actor(person), audit)


@pytest.mark.both_in_trials
def test_a_thread_is_resolved_once_when_both_sides_have_written_and_a_reply_opens_it_again(desk: Desk) -> None:
    audit_id, other = submitted(desk), submitted(desk)
    asha, mo = an_actor(desk.cast.asha), an_actor(desk.cast.mo)

    def comment(by: Actor, thread: uuid.UUID | None = None) -> uuid.UUID:
        with desk.database.writing() as session:
            return comments.add_comment(session, audit_id=audit_id, words="See page two.", thread_id=thread, by=by).id

    def resolve(thread: uuid.UUID, by: Actor, audit: uuid.UUID = audit_id) -> None:
        with desk.database.writing() as session:
            comments.resolve_thread(session, audit_id=audit, thread_id=thread, by=by)

    theirs, own = comment(mo), comment(asha)
    with pytest.raises(NotAllowed, match="Only a moderator or quality lead can resolve a"):
        resolve(theirs, asha)
    with pytest.raises(NotAllowed, match="The auditor must reply before you resolve this thread"):
        resolve(theirs, mo)
    with pytest.raises(NotAllowed, match="A moderator or quality lead must reply before you"):
        resolve(own, asha)
    with pytest.raises(NotAllowed, match="Reply before you resolve this thread"):
        resolve(own, mo)
    with pytest.raises(NotFound):
        resolve(theirs, mo, other)
    answer = comment(asha, theirs)
    with pytest.raises(NotFound):
        resolve(answer, mo)
    with pytest.raises(NotAllowed, match="Only a moderator or quality lead can resolve a"):
        resolve(theirs, asha)
    comment(mo, own)
    resolve(own, asha)
    resolve(theirs, mo)
    with pytest.raises(Conflict, match="This thread is already resolved"):
        resolve(theirs, mo)
    comment(asha, theirs)
    resolve(theirs, mo)


@pytest.mark.both_in_trials
def test_a_thread_without_a_reply_is_resolved_by_a_lead_who_wrote_nothing_in_it(desk: Desk) -> None:
    audit_id = submitted(desk)
    asha, mo, lena = (an_actor(person) for person in (desk.cast.asha, desk.cast.mo, desk.cast.lena))

    def offered(by: Actor) -> frozenset[uuid.UUID]:
        with desk.database.reading() as session:
            audit = session.get_one(Audit, (desk.cast.organisation.id, audit_id))
            audit_round = session.get_one(Round, (desk.cast.organisation.id, audit.round_id))
            return comments.resolvable(audit, audit_round, comments.comments_of(session, audit), by=by)

    with desk.database.writing() as session:
        threads = [
            comments.add_comment(session, audit_id=audit_id, words="See page two.", by=by).id for by in (asha, mo, lena)
        ]
    of_asha, of_mo, of_lena = threads
    assert [offered(by) for by in (asha, mo, lena)] == [frozenset(), frozenset(), {of_asha, of_mo}]
    for thread in threads:
        with desk.database.writing() as session, nullcontext() if thread != of_lena else pytest.raises(NotAllowed):
            comments.resolve_thread(session, audit_id=audit_id, thread_id=thread, by=lena)


@pytest.mark.both_databases
def test_everybody_reads_the_audits_that_are_theirs_to_read_and_the_database_lists_the_same(desk: Desk) -> None:
    lena = an_actor(desk.cast.lena)
    audits = {"draft": complete(desk), "returned": submitted(desk), "withdrawn": complete(desk)}
    audits |= {"submitted": submitted(desk), "agreed": agreed(desk), "of ben": desk.an_audit(desk.cast.ben)}
    audits["of ben, submitted"] = desk.an_audit(desk.cast.ben)
    desk.give_back(audits["returned"], "Look again.")
    desk.answer(audits["of ben, submitted"], by=desk.cast.ben)
    desk.submit(audits["of ben, submitted"], by=desk.cast.ben)
    with desk.database.writing() as session:
        version = audit_version(desk, audits["withdrawn"])
        submissions.withdraw(session, audit_id=audits["withdrawn"], reason="Moved.", version=version, by=lena)

    asha, both = an_actor(desk.cast.asha), frozenset({Role.AUDITOR, Role.MODERATOR})
    own, of_ben = {"draft", "returned", "withdrawn", "submitted", "agreed"}, {"of ben", "of ben, submitted"}
    reads: list[tuple[Actor, set[str]]] = [
        (asha, own),
        (an_actor(desk.cast.ben), of_ben),
        (an_actor(desk.cast.mo), {"submitted", "agreed", "of ben, submitted"}),
        (replace(asha, roles=both), own | {"of ben, submitted"}),
        (replace(asha, roles=frozenset({Role.MODERATOR})), {"of ben, submitted"}),
        (lena, own | of_ben),
        (replace(lena, scopes=frozenset({Permission.READ_ROUNDS})), set()),
        (replace(lena, organisation_id=desk.cast.elsewhere.id), set()),
        (an_actor(desk.cast.ada), set()),
        (an_actor(desk.cast.omar), set()),
    ]
    with desk.database.reading() as session:
        rows = {name: session.get_one(Audit, (desk.cast.organisation.id, made)) for name, made in audits.items()}
        for actor, expected in reads:
            listed = set(session.exec(select(col(Audit.id)).where(readable_audits(actor))))
            assert {name for name, audit in rows.items() if may_read_audit(actor, audit)} == expected
            assert {name for name, audit in rows.items() if audit.id in listed} == expected
    for audit in rows.values():
        assert check_can_read_audit(lena, audit) is audit
        with pytest.raises(NotFound):
            check_can_read_audit(an_actor(desk.cast.omar), audit)
    with pytest.raises(NotFound):
        check_can_read_audit(lena, None)


@pytest.mark.both_in_trials
def test_what_is_no_longer_to_be_scored_says_why_and_nobody_judges_their_own(desk: Desk) -> None:
    asha, ben, own = an_actor(desk.cast.asha), an_actor(desk.cast.ben), desk.cast.asha.id
    why = {
        AuditState.SUBMITTED: "has been submitted",
        AuditState.IN_MODERATION: "has been submitted",
        AuditState.AGREED: "have been agreed",
        AuditState.SIGNED_OFF: "have been agreed",
        AuditState.WITHDRAWN: "has been withdrawn",
    }
    for state in AuditState:
        audit = Audit(
            organisation_id=asha.organisation_id,
            round_id=desk.round_id,
            case_file_id=uuid.uuid4(),
            auditor_id=own,
            state=state,
        )
        with pytest.raises(NotAllowed):
            check_can_score(ben, audit)
        with pytest.raises(NotAllowed):
            check_can_score(replace(asha, scopes=frozenset()), audit)
        assert may_score(asha, audit) == (state not in why)
        assert not may_score(replace(asha, organisation_id=desk.cast.elsewhere.id), audit)
        assert not may_score(replace(asha, scopes=frozenset()), audit)
        if state in why:
            with pytest.raises(Conflict, match=why[state]):
                check_can_score(asha, audit)
        else:
            check_can_score(asha, audit)
        check_not_own_audit(ben, audit)
        with pytest.raises(NotAllowed):
            check_not_own_audit(asha, audit)


@pytest.mark.both_in_trials
def test_two_readings_are_settled_by_their_readers_moderators_and_leads(desk: Desk) -> None:
    cast, readers = desk.cast, {desk.cast.asha.id}
    allowed = {cast.asha.id, cast.mo.id, cast.lena.id}
    for person in (cast.asha, cast.ben, cast.mo, cast.lena, cast.ada):
        assert may_resolve_double_reading(an_actor(person), readers) is (person.id in allowed)
    assert not may_resolve_double_reading(replace(an_actor(cast.asha), scopes=frozenset()), readers)
    assert not may_resolve_double_reading(an_actor(cast.lena), {cast.lena.id})


@pytest.mark.both_databases
def test_an_audit_goes_only_where_the_table_lets_it(
    desk: Desk, database_kind: str, record_property: Callable[[str, object], None]
) -> None:
    Life.desk, Life.tried, Life.refused = desk, 0, 0
    few = settings(
        max_examples=many(8, thorough=25),
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
