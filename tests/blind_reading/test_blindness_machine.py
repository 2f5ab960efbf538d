"""Every action in any order, by two readers, a lead and a moderator with any roles: nobody who saw is counted blind.

The model beside the service knows what each person was really shown, by looking at what they were answered, and never
asks what the service recorded.
"""

import os
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import false, text, true
from sqlmodel import Session, col, select

from api.agreement.readings import readings_of
from api.allocation.actions import Allocation, allocate
from api.allocation.reallocation.actions import ReallocationRequest, reallocate
from api.audits import actions as audits
from api.audits import queries as audit_lists
from api.audits.complete import actions as complete
from api.audits.complete.known import CompleteAudit
from api.audits.scoring import actions as scores
from api.audits.scoring.actions import NewScore
from api.audits.submission import actions as submissions
from api.blind_reading import actions as pairs
from api.case_files import actions as case_files
from api.case_files.actions import NewCaseFile
from api.concerns import actions as concerns
from api.concerns import queries as concern_lists
from api.foundation.access_log import AccessRecorder, pending_views
from api.foundation.permissions import Actor
from api.foundation.problems import Problem
from api.improvement import actions as improvement
from api.improvement import queries as action_lists
from api.improvement.child_level import actions as child_level
from api.improvement.child_level.actions import NewChildAction
from api.moderation import actions as moderation
from api.moderation import comments, sign_off
from api.moderation import queries as moderation_lists
from api.moderation.actions import OverallReview
from api.moderation.rules import RuleChange, set_rule
from api.reports.answers import AnswersQuery, list_answers_for_figure
from api.trail.history.queries import history_of_audit
from checklists.audits.audit_states import EDITABLE_STATES, SUBMITTED_STATES
from checklists.audits.moderation import Cause
from models import Action, ActionKind, AgeBand, Audit, AuditState, CaseStatus, Role, Round
from models.storage.database import Database
from tests.desk import THEMES, Desk
from tests.factories import a_person
from tests.thorough import many

# Of each story, with the random steps that follow it.
STEPS = 5
TRIAL_EXAMPLES = int(os.environ.get("BLINDNESS_EXAMPLES", "50"))
NAMES = ("ann", "bob", "lea", "mel")
WHO = st.sampled_from(NAMES)
WHICH = st.integers(0, 5)
ROLES = (Role.AUDITOR, Role.MODERATOR, Role.QUALITY_LEAD)
SOME_ROLES = st.frozensets(st.sampled_from(ROLES))
ALWAYS: Mapping[str, frozenset[Role]] = {
    "ann": frozenset({Role.AUDITOR}),
    "bob": frozenset({Role.AUDITOR}),
    "lea": frozenset({Role.QUALITY_LEAD}),
    "mel": frozenset({Role.MODERATOR}),
}
EVERY_ROLE = dict.fromkeys(NAMES, frozenset(ROLES))
STORIES = (
    *("nothing_yet", "opened_then_given", "listed_then_given", "opened_then_recorded", "listed_then_recorded"),
    *("listed_then_recorded_by_another", "listed_then_recorded_for_another", "asked_about_the_other"),
    *("handed_over_then_given", "returned_when_both_were_in", "withdrawn_then_moderated", "recorded_then_moderated"),
    *("looked_while_reading", "read_an_action_then_given", "listed_actions_then_given", "owned_an_action_then_given"),
    *("listed_concerns_then_given", "read_the_history_then_given", "saw_why_moderated_then_given"),
    "looked_at_actions_while_reading",
)
GOOD = tuple(NewScore(theme, "good", "Seen.") for theme in THEMES)
WORDS = "The child was left alone at night, and nobody came."


class Blindness(RuleBasedStateMachine):
    """One case of one round, beside a model of who was shown which audit of it and who wrote what."""

    desk: ClassVar[Desk]
    people: ClassVar[dict[str, Any]]
    recorder: ClassVar[AccessRecorder]
    done: ClassVar[Counter[str]] = Counter()
    refused: ClassVar[int] = 0
    sequences: ClassVar[int] = 0
    # How each sequence begins.
    story: ClassVar[str] = "nothing_yet"
    blind_pairs: ClassVar[int] = 0
    pairs_not_blind: ClassVar[int] = 0

    @initialize(
        more=st.just(EVERY_ROLE) | st.fixed_dictionaries(dict.fromkeys(NAMES, SOME_ROLES)),
        people=st.permutations(NAMES),
    )
    def begin(self, more: Mapping[str, frozenset[Role]], people: Sequence[str]) -> None:
        Blindness.sequences += 1
        cast, lena = self.desk.cast, Actor(self.desk.cast.organisation.id, person_id=self.desk.cast.lena.id)
        lena = Actor(lena.organisation_id, person_id=lena.person_id, roles=frozenset({Role.QUALITY_LEAD}))
        self.by = {
            name: Actor(
                cast.organisation.id, person_id=self.people[name].id, name=name, roles=ALWAYS[name] | more[name]
            )
            for name in NAMES
        }
        self.round_id = self.desk.a_round()
        with self.desk.database.writing() as session:
            new = NewCaseFile(self.desk.team_id, CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9)
            self.case = case_files.create_case_file(session, case_file=new, by=lena).case_file.id
            # An answer at the lowest rating is a reason to moderate an audit, and the queue says so.
            set_rule(session, round_id=self.round_id, change=RuleChange(0, True, 0), version=0, by=lena)
        # Of each audit: who ever wrote its answers; who was shown it, by its answers; and only recorded it.
        self.wrote: dict[uuid.UUID, set[str]] = {}
        self.shown: dict[str, set[uuid.UUID]] = {name: set() for name in NAMES}
        self.recorded: dict[str, set[uuid.UUID]] = {name: set() for name in NAMES}
        self.blind: dict[uuid.UUID, bool] = {}
        # A way in which one person alone could take blindness off; random steps would seldom come so far.
        getattr(self, self.story)(*people)

    def read_by(self, reader: str, by: str) -> None:
        """Somebody is given the case, and submits."""
        self.allocate(by, reader, second=False)
        self.fill_and_submit(0)

    def nothing_yet(self, *_: str) -> None:
        """The case is given to nobody."""

    def opened_then_given(self, first: str, second: str, lead: str, _: str) -> None:
        self.read_by(first, lead)
        self.open(second, 0)
        self.read_by(second, lead)

    def listed_then_given(self, first: str, second: str, lead: str, _: str) -> None:
        self.read_by(first, lead)
        self.list_answers(second, THEMES[0])
        self.read_by(second, lead)

    def opened_then_recorded(self, first: str, second: str, lead: str, _: str) -> None:
        self.read_by(first, lead)
        self.look_and_record(lead, second, "open")

    def listed_then_recorded(self, first: str, second: str, lead: str, _: str) -> None:
        self.read_by(first, lead)
        self.look_and_record(second, second, "list answers")

    def listed_then_recorded_by_another(self, first: str, second: str, lead: str, _: str) -> None:
        self.read_by(first, lead)
        self.list_answers(second, THEMES[0])
        self.record_complete(lead, second)

    def listed_then_recorded_for_another(self, first: str, second: str, lead: str, _: str) -> None:
        self.read_by(first, lead)
        self.look_and_record(lead, second, "list answers")

    def asked_about_the_other(self, first: str, second: str, lead: str, _: str) -> None:
        self.allocate(lead, first, second=False)
        self.allocate(lead, second, second=False)
        self.ask_the_other_reader()

    def handed_over_then_given(self, first: str, second: str, lead: str, _: str) -> None:
        self.allocate(lead, first, second=False)
        self.score(first, 0)
        self.hand_over(lead, 0, second, afresh=False)
        self.read_by(first, lead)

    def returned_when_both_were_in(self, first: str, second: str, lead: str, _: str) -> None:
        self.read_by(first, lead)
        self.read_by(second, lead)
        self.give_back(lead, 0)
        self.fill_and_submit(0)

    def withdrawn_then_moderated(self, first: str, second: str, lead: str, _: str) -> None:
        self.allocate(lead, first, second=False)
        self.withdraw(lead, 0)
        self.read_by(second, lead)
        self.moderate_by_who_wrote(0)

    def looked_while_reading(self, first: str, second: str, lead: str, _: str) -> None:
        self.allocate(lead, first, second=False)
        self.read_by(second, lead)
        self.open(first, 0)
        self.list_audits(first)
        self.list_answers(first, THEMES[0])

    def with_action_and_concern(self, reader: str, lead: str, owner: str) -> None:
        """Somebody is given the case, proposes an action for the child, raises a concern, and submits."""
        self.allocate(lead, reader, second=False)
        self.propose_action(reader, 0, owner)
        self.raise_concern(reader, 0, lead)
        self.fill_and_submit(0, answer="inadequate")

    def read_an_action_then_given(self, first: str, second: str, lead: str, other: str) -> None:
        self.with_action_and_concern(first, lead, other)
        self.read_action(second, 0)
        self.read_by(second, lead)

    def listed_actions_then_given(self, first: str, second: str, lead: str, other: str) -> None:
        self.with_action_and_concern(first, lead, other)
        self.list_actions(second)
        self.read_by(second, lead)

    def owned_an_action_then_given(self, first: str, second: str, lead: str, _: str) -> None:
        self.with_action_and_concern(first, lead, second)
        self.list_actions(second)
        self.read_by(second, lead)

    def listed_concerns_then_given(self, first: str, second: str, lead: str, other: str) -> None:
        self.with_action_and_concern(first, lead, other)
        self.list_concerns(second)
        self.read_by(second, lead)

    def read_the_history_then_given(self, first: str, second: str, lead: str, other: str) -> None:
        self.with_action_and_concern(first, lead, other)
        self.read_history(second, 0)
        self.read_by(second, lead)

    def saw_why_moderated_then_given(self, first: str, second: str, lead: str, other: str) -> None:
        self.with_action_and_concern(first, lead, other)
        self.see_queue(second)
        self.read_by(second, lead)

    def looked_at_actions_while_reading(self, first: str, second: str, lead: str, _: str) -> None:
        self.allocate(lead, first, second=False)
        self.with_action_and_concern(second, lead, first)
        self.list_actions(first)
        self.read_action(first, 0)
        self.list_concerns(first)

    def recorded_then_moderated(self, first: str, _: str, lead: str, __: str) -> None:
        self.record_complete(lead, first)
        self.moderate_by_who_wrote(0)

    def id(self, name: str) -> uuid.UUID:
        found = self.by[name].person_id
        assert found is not None
        return found

    def name(self, person_id: uuid.UUID) -> str:
        return next(name for name in NAMES if self.id(name) == person_id)

    def stored(self) -> list[Audit]:
        with self.desk.database.reading() as session:
            query = select(Audit).where(col(Audit.round_id) == self.round_id).order_by(col(Audit.id))
            return [audit for audit in session.exec(query) if audit.case_file_id == self.case]

    def look(self) -> None:
        for audit in self.stored():
            self.wrote.setdefault(audit.id, set()).add(self.name(audit.auditor_id))

    def pick(self, which: int) -> Audit | None:
        found = self.stored()
        return found[-1 - which % len(found)] if found else None

    def act(self, what: str, who: str, action: Callable[..., Any], **said: Any) -> Any:
        """Do it as a request would; None when it is refused."""
        with suppress(Problem), self.desk.database.writing() as session:
            made = action(session, by=self.by[who], **said)
            self.recorder.record_with(session)
            Blindness.done[what] += 1
            return made if made is not None else True
        Blindness.refused += 1
        return None

    def see(self, what: str, who: str, look: Callable[[Session], set[uuid.UUID]]) -> None:
        """Show it as a request would, and note which audits of the case were shown."""
        with suppress(Problem):
            with self.desk.database.reading() as session:
                found, rows = look(session), list(pending_views(session))
            self.recorder.record(rows)
            Blindness.done[what] += 1
            self.note_shown(who, found)
            return
        Blindness.refused += 1

    def note_shown(self, who: str, found: set[uuid.UUID]) -> None:
        every = {audit.id: audit for audit in self.stored()}
        found &= every.keys()
        own = [each for each in every.values() if self.is_whose(each, who) and each.state is not AuditState.WITHDRAWN]
        for audit_id in found:
            other = every[audit_id]
            if self.is_whose(other, who):
                continue
            for each in own:
                both_in = each.state in SUBMITTED_STATES and other.state not in EDITABLE_STATES
                assert both_in, f"{who} reads blind and was shown another audit of the case"
        self.shown[who] |= {audit_id for audit_id in found if not self.is_whose(every[audit_id], who)}

    def known_to(self, who: str) -> set[uuid.UUID]:
        """Their own audits of the case, and those that they were shown."""
        return self.shown[who] | {audit.id for audit in self.stored() if self.is_whose(audit, who)}

    def is_whose(self, audit: Audit, who: str) -> bool:
        return audit.auditor_id == self.id(who)

    def saw_another(self, who: str, audit_id: uuid.UUID, *, live: bool = False) -> bool:
        """Whether this person was shown, or wrote, another audit of the case that is not theirs now."""
        for other in self.stored():
            if other.id == audit_id or self.is_whose(other, who) or (live and other.state is AuditState.WITHDRAWN):
                continue
            if other.id in self.shown[who] or who in self.wrote[other.id]:
                return True
        return False

    def written_by(self, who: str) -> set[uuid.UUID]:
        return {audit_id for audit_id, wrote in self.wrote.items() if who in wrote}

    def judge(self, audit_id: uuid.UUID) -> None:
        """What is true of a reading at the moment it is submitted."""
        self.blind[audit_id] = not any(
            self.saw_another(who, audit_id) for who in self.wrote[audit_id] if audit_id not in self.recorded[who]
        )

    def both_in(self) -> None:
        """From now on each reader may see the other reading."""
        in_now = [audit for audit in self.stored() if audit.state in SUBMITTED_STATES]
        for one in in_now:
            for other in in_now:
                if one.auditor_id != other.auditor_id:
                    self.shown[self.name(one.auditor_id)].add(other.id)

    @rule(by=WHO, to=WHO, second=st.booleans())
    def allocate(self, by: str, to: str, *, second: bool) -> None:
        wanted = Allocation(self.case, self.id(to), 2 if second else None)
        before = {audit.id for audit in self.stored()}
        if self.act("allocate", by, allocate, round_id=self.round_id, allocation=wanted) is not None:
            self.look()
            (made,) = {audit.id for audit in self.stored()} - before
            assert not self.saw_another(to, made, live=True), "somebody who saw the other reading was given this one"

    @rule(by=WHO, which=WHICH)
    def open(self, by: str, which: int) -> None:
        if (audit := self.pick(which)) is not None:
            self.see(
                "open", by, lambda session: {audits.find_audit(session, audit_id=audit.id, by=self.by[by]).audit.id}
            )

    @rule(by=WHO, theme=st.sampled_from(THEMES))
    def list_answers(self, by: str, theme: str) -> None:
        def look(session: Session) -> set[uuid.UUID]:
            found = list_answers_for_figure(
                session, round_id=self.round_id, query=AnswersQuery(theme, "all"), limit=50, by=self.by[by]
            )
            return {each.audit_id for each in found.items}

        self.see("list answers", by, look)

    @rule(by=WHO)
    def list_audits(self, by: str) -> None:
        def look(session: Session) -> set[uuid.UUID]:
            found = audit_lists.list_audits(session, by=self.by[by], limit=50, round_id=self.round_id)
            return {audit.id for audit, _ in found if audits.overall_when_submitted(audit)}

        self.see("list audits", by, look)

    @rule(by=WHO, which=WHICH)
    def compare(self, by: str, which: int) -> None:
        audit = self.pick(which)
        if audit is None:
            return
        audit_id = audit.id

        def look(session: Session) -> set[uuid.UUID]:
            found = pairs.find_double_reading(session, audit_id=audit_id, by=self.by[by])
            return {found.first.audit.id, found.second.audit.id}

        self.see("compare", by, look)

    @rule(by=WHO, which=WHICH, owner=WHO)
    def propose_action(self, by: str, which: int, owner: str) -> None:
        audit = self.pick(which)
        if audit is None:
            return
        new = NewChildAction(WORDS, THEMES[0], self.id(owner), due_days=3, reason="It was seen on file.")
        self.act("propose action", by, child_level.propose_child_action, audit_id=audit.id, new=new)
        # Anybody who adds an action to an audit says something of it, as with a comment.
        if self.actions_of(audit.id) and not self.is_whose(audit, by) and self.proposed_last(audit.id, by):
            self.shown[by].add(audit.id)

    def actions_of(self, audit_id: uuid.UUID) -> list[Action]:
        with self.desk.database.reading() as session:
            return list(session.exec(select(Action).where(col(Action.audit_id) == audit_id).order_by(col(Action.id))))

    def proposed_last(self, audit_id: uuid.UUID, by: str) -> bool:
        return self.actions_of(audit_id)[-1].created_by_id == self.id(by)

    @rule(by=WHO, which=WHICH)
    def read_action(self, by: str, which: int) -> None:
        audit = self.pick(which)
        for action in self.actions_of(audit.id) if audit is not None else ():

            def look(session: Session, action: Action = action) -> set[uuid.UUID]:
                found = improvement.find_action(session, action_id=action.id, by=self.by[by])
                assert found.action.audit_id is not None
                return {found.action.audit_id}

            self.see("read action", by, look)

    @rule(by=WHO)
    def list_actions(self, by: str) -> None:
        def look(session: Session) -> set[uuid.UUID]:
            found = action_lists.find_actions(session, self.by[by], kind=ActionKind.CHILD_LEVEL)
            action_lists.record_seen(session, self.by[by], found)
            return {each.action.audit_id for each in found if each.action.audit_id is not None}

        self.see("list actions", by, look)

    @rule(by=WHO)
    def list_concerns(self, by: str) -> None:
        def look(session: Session) -> set[uuid.UUID]:
            found = concern_lists.concerns_for(session, self.by[by], round_id=self.round_id)
            concern_lists.record_seen(session, self.by[by], found)
            # A child comes first: who raised a concern or was asked to act on it goes on seeing it, and is not blind.
            party = {
                each.concern.id for each in found if self.id(by) in (each.concern.person_id, each.concern.raised_by_id)
            }
            assert {each.concern.audit_id for each in found if each.concern.id in party} <= self.known_to(by)
            return {each.concern.audit_id for each in found if each.concern.id not in party}

        self.see("list concerns", by, look)

    @rule(by=WHO, which=WHICH)
    def read_history(self, by: str, which: int) -> None:
        audit = self.pick(which)
        if audit is None:
            return
        audit_id = audit.id

        def look(session: Session) -> set[uuid.UUID]:
            history_of_audit(session, audit_id=audit_id, by=self.by[by], limit=50)
            return {audit_id}

        self.see("read history", by, look)

    @rule(by=WHO)
    def see_queue(self, by: str) -> None:
        def look(session: Session) -> set[uuid.UUID]:
            found = moderation_lists.queue(session, limit=50, by=self.by[by])
            moderation_lists.record_seen(session, self.by[by], found)
            return {each.audit.id for each in found if Cause.LOWEST in each.causes}

        self.see("see queue", by, look)

    @rule(by=WHO, which=WHICH)
    def score(self, by: str, which: int) -> None:
        if (audit := self.pick(which)) is not None:
            self.act("score", by, scores.score_themes, audit_id=audit.id, scores=GOOD)

    @rule(which=WHICH, answer=st.sampled_from(("good", "inadequate")))
    def fill_and_submit(self, which: int, answer: str = "good") -> None:
        """Its auditor does: a sequence would seldom come this far by chance."""
        audit = self.pick(which)
        if audit is None or audit.state not in EDITABLE_STATES:
            return
        who = self.name(audit.auditor_id)
        given = [NewScore(theme, answer, "Seen.") for theme in THEMES]
        self.act("score", who, scores.score_themes, audit_id=audit.id, scores=given)
        version = self.version(audit)
        if self.act("submit", who, submissions.submit_audit, audit_id=audit.id, version=version) is not None:
            self.judge(audit.id)
            self.both_in()

    def version(self, audit: Audit) -> int:
        return next(each.version for each in self.stored() if each.id == audit.id)

    @rule(by=WHO, to=WHO)
    def record_complete(self, by: str, to: str) -> None:
        new = CompleteAudit(self.round_id, self.id(to), self.case, GOOD)
        made = self.act("record", by, complete.record_audit, audit=new)
        if made is not None:
            self.look()
            if by != to:
                # Anybody who only records one and then another has seen neither before: theirs is to copy.
                copied = any(
                    other.id in (self.shown[by] | self.written_by(by)) - self.recorded[by]
                    for other in self.stored()
                    if other.id != made.audit_id and not self.is_whose(other, by)
                )
                self.judge(made.audit_id)
                self.blind[made.audit_id] &= not copied
                self.wrote[made.audit_id].add(by)
                self.recorded[by].add(made.audit_id)
                self.shown[by].add(made.audit_id)
            else:
                self.judge(made.audit_id)
            self.both_in()

    @rule(by=WHO, which=WHICH)
    def withdraw(self, by: str, which: int) -> None:
        if (audit := self.pick(which)) is not None:
            said = {"audit_id": audit.id, "reason": "Not needed.", "version": audit.version}
            self.act("withdraw", by, submissions.withdraw, **said)

    @rule(by=WHO, which=WHICH)
    def give_back(self, by: str, which: int) -> None:
        if (audit := self.pick(which)) is not None:
            said = {"audit_id": audit.id, "reason": "Look again.", "version": audit.version}
            if self.act("return", by, submissions.return_to_auditor, **said) is not None:
                self.shown[by].add(audit.id)

    @rule(by=WHO, which=WHICH, to=WHO, afresh=st.booleans())
    def hand_over(self, by: str, which: int, to: str, *, afresh: bool) -> None:
        audit = self.pick(which)
        if audit is None:
            return
        asked = ReallocationRequest(audit.auditor_id, (audit.id,), self.id(to), afresh, "They are away.")
        if self.act("reallocate", by, reallocate, round_id=self.round_id, asked=asked) is not None:
            self.look()
            for each in self.stored():
                if self.is_whose(each, to) and each.state in EDITABLE_STATES:
                    assert not self.saw_another(to, each.id, live=True), "somebody who saw the other was given this one"

    @rule(by=WHO, which=WHICH, step=st.sampled_from(("start", "accept", "comment", "settle", "sign", "reopen")))
    def judge_it(self, by: str, which: int, step: str) -> None:
        audit = self.pick(which)
        if audit is None:
            return
        said: dict[str, Any] = {"audit_id": audit.id, "version": audit.version}
        actions: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
            "start": (moderation.start_moderation, said),
            "accept": (moderation.accept_answers, said),
            "comment": (comments.add_comment, {"audit_id": audit.id, "words": "Why so?"}),
            "settle": (pairs.agree_identical_readings, said),
            "sign": (sign_off.sign_off, said | {"review": OverallReview(audit.agreed_overall)}),
            "reopen": (sign_off.ask_to_reopen, said | {"reason": "Look again."}),
        }
        action, given = actions[step]
        if self.act(step, by, action, **given) is None:
            return
        if not self.is_whose(audit, by):
            self.shown[by].add(audit.id)
        if step in {"start", "accept"}:
            wrote = {who for each in self.stored() for who in self.wrote[each.id]}
            assert by not in wrote, f"{by} wrote or recorded an audit of the case, and moderates one"

    @rule(which=WHICH)
    def moderate_by_who_wrote(self, which: int) -> None:
        """Everybody who ever wrote or recorded an audit of the case tries."""
        for who in sorted({who for wrote in self.wrote.values() for who in wrote}):
            self.judge_it(who, which, "start")

    @rule(by=WHO, to=WHO, look=st.sampled_from(("open", "list answers")))
    def look_and_record(self, by: str, to: str, look: str) -> None:
        """Somebody looks at the audits of the case, and records one, in their own name or another's."""
        if look == "open":
            for which in range(len(self.stored())):
                self.open(by, which)
        else:
            self.list_answers(by, THEMES[0])
        self.record_complete(by, to)

    @rule()
    def ask_the_other_reader(self) -> None:
        """A reader asks the other about a concern, and both submit."""
        live = [audit for audit in self.stored() if audit.state is not AuditState.WITHDRAWN]
        if len(live) == 2:
            by, to = (self.name(audit.auditor_id) for audit in live)
            self.ask_about(live[0], by, to)
            for which in range(len(self.stored())):
                self.fill_and_submit(which)

    @rule(by=WHO, which=WHICH, to=WHO)
    def raise_concern(self, by: str, which: int, to: str) -> None:
        audit = self.pick(which)
        if audit is not None:
            self.ask_about(audit, by, to)

    def ask_about(self, audit: Audit, by: str, to: str) -> None:
        said = {"audit_id": audit.id, "person_id": self.id(to), "words": WORDS, "hours": 4}
        if self.act("concern", by, concerns.raise_concern, **said) is not None:
            for who in {by, to}:
                if not self.is_whose(audit, who):
                    self.shown[who].add(audit.id)

    @invariant()
    def nobody_who_saw_is_counted_blind(self) -> None:
        if not hasattr(self, "blind"):
            return
        with self.desk.database.reading() as session:
            audit_round = session.get_one(Round, (self.desk.cast.organisation.id, self.round_id))
            lena = Actor(self.desk.cast.organisation.id, person_id=self.desk.cast.lena.id)
            _, found = readings_of(session, [(audit_round, self.desk.template)], by=lena)
        for pair in found:
            Blindness.blind_pairs += bool(pair.blind)
            Blindness.pairs_not_blind += not pair.blind
            assert pair.blind is not None
            for reading in (pair.first, pair.second):
                if pair.blind:
                    assert self.blind[reading.audit_id], f"{reading.auditor} saw the other reading and is counted blind"


def machine_on(desk: Desk) -> type[Blindness]:
    Blindness.desk, Blindness.recorder = desk, AccessRecorder(desk.database)
    # In the database everybody may be given any of it; what they may do is what their actor says.
    Blindness.people = {
        name: a_person(desk.database, desk.cast.organisation, name=name.title(), roles=ROLES) for name in NAMES
    }
    Blindness.done, Blindness.refused, Blindness.sequences = Counter(), 0, 0
    Blindness.blind_pairs = Blindness.pairs_not_blind = 0
    return Blindness


def gather_statistics(database: Database) -> None:
    """What PostgreSQL does by itself as tables grow, but on the tests' server: without it, lists take seconds."""
    if database.engine.dialect.name == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))


def run(desk: Desk, *, stories: Sequence[str] = STORIES, examples: int | None = None, steps: int = STEPS) -> str:
    machine = machine_on(desk)
    for story in stories:
        machine.story = story
        gather_statistics(desk.database)
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=examples or many(2, thorough=3),
                stateful_step_count=steps,
                derandomize=True,
                database=None,
                phases=(Phase.generate,),
                suppress_health_check=list(HealthCheck),
            ),
        )
    every_step = sum(machine.done.values()) + machine.refused
    return (
        f"{machine.sequences:,} sequences, {every_step:,} steps, of them {machine.refused:,} refused;"
        f" pairs looked at: {machine.blind_pairs:,} blind, {machine.pairs_not_blind:,} not"
    )


@pytest.mark.both_in_trials
def test_nobody_who_saw_the_other_reading_is_counted_blind(desk: Desk, record_property: Any) -> None:
    told = run(desk)
    record_property("figure", f"Blindness: {told}")
    assert min(Blindness.blind_pairs, Blindness.pairs_not_blind) > 0
    wanted = (
        *("allocate", "open", "submit", "record", "concern", "reallocate", "withdraw", "return"),
        *("propose action", "read action", "list actions", "list concerns", "read history", "see queue"),
    )
    assert {what for what in wanted if not Blindness.done[what]} == set()


@pytest.mark.trial
@pytest.mark.both_databases
def test_nobody_who_saw_is_counted_blind_in_long_sequences(desk: Desk, record_property: Any) -> None:
    told = run(desk, examples=TRIAL_EXAMPLES, steps=40)
    print(told, dict(Blindness.done))
    record_property("figure", f"Blindness: {told}")


def nothing(*_: Any, **__: Any) -> None:
    return None


def no_people(*_: Any, **__: Any) -> Iterator[tuple[uuid.UUID, uuid.UUID]]:
    return iter(())


def none_seen(*_: Any, **__: Any) -> Any:
    return false()


def has_an_audit_of_the_case(session: Session, actor: Actor, audit: Audit, *, withdrawn_too: bool = True) -> bool:
    own = select(Audit).where(
        col(Audit.round_id) == audit.round_id,
        col(Audit.case_file_id) == audit.case_file_id,
        col(Audit.auditor_id) == actor.person_id,
    )
    return any(withdrawn_too or each.state is not AuditState.WITHDRAWN for each in session.exec(own))


def has_a_live_audit_of_the_case(session: Session, actor: Actor, audit: Audit) -> bool:
    return has_an_audit_of_the_case(session, actor, audit, withdrawn_too=False)


def is_auditor_now(_: Session, actor: Actor, audit: Audit) -> bool:
    return audit.auditor_id == actor.person_id


MUTATIONS: Mapping[str, tuple[tuple[str, Any], ...]] = {
    "who has seen the other reading is given this one": (("api.allocation.rules.people_who_saw", no_people),),
    "opening is not recorded": (("api.foundation.identity.having_seen.note", nothing),),
    "listing is not recorded": (("api.foundation.identity.having_seen._note_round", nothing),),
    "every reading is recorded as blind": (("api.access.seen._saw_another", none_seen),),
    "that both are in is not recorded": (("api.blind_reading.notifying.record_complete_pairs", nothing),),
    "the auditor before is forgotten": (("api.allocation.reallocation.actions.hand_over", nothing),),
    "who records has seen nothing before": (("api.audits.complete.actions.taint", nothing),),
    "being asked about a concern is not recorded": (("api.concerns.actions.has_seen", nothing),),
    "who wrote an audit moderates it": (
        ("api.access.audits.wrote_audit", is_auditor_now),
        ("api.moderation.actions.has_read_the_case", has_an_audit_of_the_case),
    ),
    "a withdrawn reading of one's own is forgotten": (
        ("api.moderation.actions.has_read_the_case", has_a_live_audit_of_the_case),
    ),
    "what was listed before is not carried over": (
        ("api.allocation.actions.carry_over", nothing),
        ("api.allocation.reallocation.actions.carry_over", nothing),
        ("api.audits.complete.actions.carry_over", nothing),
    ),
    "a list of actions is not recorded": (("api.improvement.queries.record_seen", nothing),),
    "a list of concerns is not recorded": (("api.concerns.queries.record_seen", nothing),),
    "why audits are moderated is read without a record": (("api.moderation.queries.record_seen", nothing),),
    "reading the history is not recorded": (("api.trail.history.queries.access_log.record_view", nothing),),
    "actions of the other reading are shown": (
        ("api.improvement.readable.visible_under_blind_reading", lambda _: true()),
        ("api.improvement.readable.readable_audits", lambda _: true()),
    ),
    "concerns of the other reading are shown": (("api.concerns.queries.readable_audits", lambda _: true()),),
    "nothing is hidden from who reads blind": (
        ("api.audits.actions.visible_under_blind_reading", lambda _: true()),
        ("api.audits.queries.readable_audits", lambda _: true()),
        ("api.reports.answers.visible_under_blind_reading", lambda _: true()),
    ),
}


# How the sequences begin in which each is found: of all of them, the same find nothing otherwise.
FOUND_IN: Mapping[str, str] = {
    "who has seen the other reading is given this one": "opened_then_given",
    "opening is not recorded": "opened_then_given",
    "listing is not recorded": "listed_then_given",
    "every reading is recorded as blind": "opened_then_recorded",
    "that both are in is not recorded": "returned_when_both_were_in",
    "the auditor before is forgotten": "handed_over_then_given",
    "who records has seen nothing before": "opened_then_recorded",
    "being asked about a concern is not recorded": "asked_about_the_other",
    "who wrote an audit moderates it": "recorded_then_moderated",
    "a withdrawn reading of one's own is forgotten": "withdrawn_then_moderated",
    "what was listed before is not carried over": "listed_then_recorded_by_another",
    "a list of actions is not recorded": "listed_actions_then_given",
    "a list of concerns is not recorded": "listed_concerns_then_given",
    "why audits are moderated is read without a record": "saw_why_moderated_then_given",
    "reading the history is not recorded": "read_the_history_then_given",
    "actions of the other reading are shown": "looked_at_actions_while_reading",
    "concerns of the other reading are shown": "looked_at_actions_while_reading",
    "nothing is hidden from who reads blind": "looked_while_reading",
}


FINDINGS = ("and is counted blind", "and was shown another audit", "was given this one", "and moderates one")


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_the_machine_finds_each_check_that_is_taken_out(
    desk: Desk, mutation: str, monkeypatch: pytest.MonkeyPatch, record_property: Any
) -> None:
    for place, instead in MUTATIONS[mutation]:
        monkeypatch.setattr(place, instead)
    with pytest.raises((AssertionError, BaseExceptionGroup)) as caught:
        run(desk, stories=[FOUND_IN[mutation]])
    found = caught.value.exceptions if isinstance(caught.value, BaseExceptionGroup) else (caught.value,)
    told = [str(each).partition("\n")[0] for each in found]
    assert all(isinstance(each, AssertionError) for each in found)
    assert all(any(finding in words for finding in FINDINGS) for words in told), told
    record_property("figure", f"Caught after {Blindness.sequences} sequences: {mutation} ({told[0]})")
