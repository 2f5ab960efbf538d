"""Samples come out of a list by chance, are drawn again by anybody, mended from the reserve, and given out by rule."""

import random
import uuid
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlmodel import Session, col, select, update

from api.allocation.actions import Allocation, allocate
from api.allocation.proposals import actions as proposals
from api.allocation.proposals.actions import AllocationRequest
from api.allocation.replacement import actions as replacement
from api.audit_templates import actions as templates
from api.audits.scoring import actions as scores
from api.audits.scoring.actions import NewScore
from api.audits.submission import actions as submissions
from api.case_files import actions as case_files
from api.case_files.actions import NewCaseFile
from api.case_lists import actions as case_lists
from api.foundation.problems import Conflict, Invalid, Moved, NotAllowed, NotFound, Stale
from api.people import actions as people
from api.people.availability import actions as availability
from api.people.availability.actions import Availability
from api.reports.round_report.completion import completion_of
from api.rounds import actions as rounds
from api.rounds import closing
from api.rounds.actions import RoundPlan
from api.rounds.unfinished import unfinished_in
from api.sampling import actions as samples
from api.sampling.frames import Feature, FrameRules, SamplePlan, months_before
from api.sampling.queries import elimination_log, named_exclusions
from checklists.case_list import CaseList as CaseListContent
from checklists.case_list import ListedCase
from checklists.cases import AgeBand, CaseStatus, Category
from checklists.privacy.references import reference_from
from checklists.samples.sampling import SizeRule
from checklists.templates.template_file import check_template
from models import Audit, CaseList, CaseListEntry, Exclusion, Role, Round, Sample, SampledState, Team, now
from models.storage.database import Database
from tests.desk import SMALL, THEMES
from tests.factories import Cast, a_person, a_team, an_actor
from tests.guards_aside import guards_aside
from tests.importing import import_list
from tests.writing_times import filling_for_a_test

TODAY = now().date()
CASES = 120


@pytest.fixture
def teams(database: Database, cast: Cast) -> list[Team]:
    return [a_team(database, cast.organisation, name) for name in ("North", "South", "West")]


def a_case(place: int) -> ListedCase:
    """A third of each team, a tenth closed, ten workers."""
    return ListedCase(
        reference_from(random.Random(place).randbytes(10)),
        ("North", "South", "West")[place % 3],
        CaseStatus.CLOSED if place % 10 == 0 else CaseStatus.CHILD_IN_NEED,
        AgeBand.FROM_5_TO_9,
        Category.NEGLECT if place % 2 else None,
        reference_from(random.Random(f"worker {place % 10}").randbytes(10)),
        closed=date(2026, 1 + place // 10 % 6, 1) if place % 10 == 0 else None,
    )


@pytest.fixture
def case_list(database: Database, cast: Cast, teams: list[Team]) -> CaseList:
    content = CaseListContent(TODAY, "1a2b3c4d", "annex-a", tuple(a_case(place) for place in range(CASES)))
    with database.writing() as session:
        lena = an_actor(cast.lena)
        return import_list(session, checked=case_lists.check_list(content, by=lena), by=lena)


@pytest.fixture
def plan_of_round(database: Database, cast: Cast) -> RoundPlan:
    lena = an_actor(cast.lena)
    with database.writing() as session:
        made = templates.create_template(session, content=check_template(SMALL), by=lena)
        templates.publish_version(
            session, template_id=made.template.id, number=1, version=made.version.version, by=lena
        )
        return RoundPlan("Spring", made.template.id, 1, TODAY, TODAY, TODAY + timedelta(days=14))


def a_round(session: Session, cast: Cast, plan: RoundPlan, *, is_open: bool = False) -> Round:
    made = rounds.create_round(session, plan=plan, by=an_actor(cast.lena))
    if is_open:
        rounds.open_round(
            session, round_id=made.id, version=made.version, recorded_elsewhere=True, by=an_actor(cast.lena)
        )
    return made


@pytest.fixture
def audit_round(database: Database, cast: Cast, plan_of_round: RoundPlan) -> Round:
    with database.writing() as session:
        return a_round(session, cast, plan_of_round, is_open=True)


def drawn(session: Session, cast: Cast, audit_round: Round, plan: SamplePlan, seed: str = "one") -> Sample:
    return samples.draw_sample(session, round_id=audit_round.id, plan=plan, seed=seed, by=an_actor(cast.lena))


def references(session: Session, sample: Sample) -> set[str]:
    return {reference for case, reference in samples.cases_of(session, sample) if case.state is SampledState.SELECTED}


@pytest.mark.fast
@pytest.mark.both_databases
def test_a_sample_is_stratified_weighted_and_drawn_again_from_what_is_stored(
    database: Database, cast: Cast, case_list: CaseList, audit_round: Round
) -> None:
    plan = SamplePlan(case_list.id, size=24, strata=(Feature.TEAM,), rule=SizeRule.EQUAL)
    with database.writing() as session:
        sample = drawn(session, cast, audit_round, plan)
        cases = samples.cases_of(session, sample)
        strata = samples.strata_of_sample(session, sample)
    assert [(each.label, each.frame, each.size) for each in strata] == [
        ("North", 36, 8),
        ("South", 36, 8),
        ("West", 36, 8),
    ]
    assert {case.probability for case, _ in cases} == {8 / 36}
    with database.reading() as session:
        redrawn = samples.redraw_sample(session, sample_id=sample.id, by=an_actor(cast.lena))
    assert (redrawn.frame_is_the_same, redrawn.cases_are_the_same) == (True, True)


@pytest.mark.both_databases
def test_the_same_seed_draws_the_same_cases_on_both_databases(
    database: Database, cast: Cast, case_list: CaseList, audit_round: Round
) -> None:
    plan = SamplePlan(case_list.id, size=5, strata=(Feature.CATEGORY,), rules=FrameRules(months_since_audit=0))
    with database.writing() as session:
        found = references(session, drawn(session, cast, audit_round, plan, seed="seed1"))
    assert found == FIVE_OF_SEED_ONE


FIVE_OF_SEED_ONE = {
    "CF-N1WB-Y9RG-M3ZK-D1NS",
    "CF-J0PS-W7PV-T6XK-C9BM",
    "CF-Q6VS-Z2JY-M2MX-W8BC",
    "CF-W9YN-J4HM-S0KF-H0RD",
    "CF-K8PS-Q7KN-B8JF-R3PZ",
}


@pytest.mark.both_databases
def test_a_frame_that_was_tampered_with_is_seen_when_it_is_drawn_again(
    database: Database, cast: Cast, case_list: CaseList, audit_round: Round
) -> None:
    with database.writing() as session:
        sample = drawn(session, cast, audit_round, SamplePlan(case_list.id, size=10, strata=(Feature.STATUS,)))
        missing = samples.cases_of(session, sample)[0][0].case_file_id
        session.execute(
            update(CaseListEntry).where(col(CaseListEntry.case_file_id) == missing).values(status=CaseStatus.EARLY_HELP)
        )
        redrawn = samples.redraw_sample(session, sample_id=sample.id, by=an_actor(cast.lena))
    assert not redrawn.frame_is_the_same


@pytest.mark.both_databases
def test_the_elimination_log_says_why_each_case_could_not_be_drawn(
    database: Database, cast: Cast, case_list: CaseList, plan_of_round: RoundPlan, teams: list[Team]
) -> None:
    lena = an_actor(cast.lena)
    with database.writing() as session:
        earlier, audit_round = (a_round(session, cast, plan_of_round, is_open=True) for _ in range(2))
        entries = session.exec(
            select(CaseListEntry)
            .where(col(CaseListEntry.status) == CaseStatus.CHILD_IN_NEED)
            .order_by(CaseListEntry.reference)
        ).all()
        in_north = [entry for entry in entries if entry.team_id == teams[0].id]
        lately, here, named = in_north[0], in_north[1], in_north[2]
        allocate(session, round_id=earlier.id, allocation=Allocation(lately.case_file_id, cast.asha.id), by=lena)
        allocate(session, round_id=audit_round.id, allocation=Allocation(here.case_file_id, cast.asha.id), by=lena)
        rules = FrameRules(
            only_teams=(teams[0].id, teams[1].id), named={named.reference: "A complaint is being looked into."}
        )
        sample = drawn(session, cast, audit_round, SamplePlan(case_list.id, size=10, rules=rules))
        log = elimination_log(session, sample)
        told = named_exclusions(session, sample)
    closed, west = 12, 36
    assert log == {
        Exclusion.IN_THIS_ROUND: 1,
        Exclusion.NAMED: 1,
        Exclusion.CLOSED: closed,
        Exclusion.OUTSIDE_THE_CHOICE: west,
        Exclusion.AUDITED_LATELY: 1,
    }
    assert told == [(named.reference, "A complaint is being looked into.")]
    assert sample.frame_size == CASES - sum(log.values())


@pytest.mark.both_databases
def test_a_case_audited_long_enough_ago_can_be_drawn_again(
    database: Database, cast: Cast, case_list: CaseList, plan_of_round: RoundPlan
) -> None:
    lena, asha = an_actor(cast.lena), an_actor(cast.asha)
    with filling_for_a_test(), database.writing() as session:
        earlier, audit_round = (a_round(session, cast, plan_of_round, is_open=True) for _ in range(2))
        entry = session.exec(select(CaseListEntry).where(col(CaseListEntry.status) == CaseStatus.CHILD_IN_NEED)).first()
        assert entry is not None
        audit = allocate(session, round_id=earlier.id, allocation=Allocation(entry.case_file_id, cast.asha.id), by=lena)
        answers = [NewScore(theme, "good") for theme in THEMES]
        version = scores.score_themes(session, audit_id=audit.id, scores=answers, by=asha).version
        submissions.submit_audit(session, audit_id=audit.id, version=version, by=asha)
        plan = SamplePlan(case_list.id, size=10)
        assert drawn(session, cast, audit_round, plan).frame_size == 107
        long_ago = now() - timedelta(days=400)
        with guards_aside(session.connection()):
            session.execute(update(Audit).where(col(Audit.id) == audit.id).values(submitted_at=long_ago))
        assert drawn(session, cast, audit_round, plan, "two").frame_size == 108


@pytest.mark.both_in_trials
def test_closed_cases_can_be_asked_for_and_left_out_by_their_month(
    database: Database, cast: Cast, case_list: CaseList, audit_round: Round
) -> None:
    rules = FrameRules(with_closed=True, closed_before=date(2026, 4, 15), months_since_audit=0)
    with database.writing() as session:
        sample = drawn(session, cast, audit_round, SamplePlan(case_list.id, size=10, rules=rules))
        log = elimination_log(session, sample)
    assert log == {Exclusion.CLOSED_BEFORE: 6}


def test_a_share_of_the_frame_is_rounded_up(
    database: Database, cast: Cast, case_list: CaseList, audit_round: Round
) -> None:
    with database.writing() as session:
        sample = drawn(session, cast, audit_round, SamplePlan(case_list.id, share_percent=5.0))
    assert (sample.frame_size, sample.size) == (108, 6)


def test_no_worker_is_drawn_more_often_than_their_most(
    database: Database, cast: Cast, case_list: CaseList, audit_round: Round
) -> None:
    with database.writing() as session:
        plan = SamplePlan(case_list.id, size=9, strata=(Feature.TEAM,), most_of_a_worker=1)
        found = references(session, drawn(session, cast, audit_round, plan))
        workers = Counter(
            session.exec(select(CaseListEntry.worker).where(col(CaseListEntry.reference).in_(found))).all()
        )
    assert max(workers.values()) == 1


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({"size": 109}, "The sampling frame has 108 cases"),
        ({"size": 10, "most_of_a_worker": 1}, "only 9 available within the limit for each practitioner"),
        ({"size": 30, "strata": (Feature.CATEGORY,), "smallest_stratum": 70}, "room for"),
        ({"size": 200, "strata": (Feature.TEAM,), "rule": SizeRule.EQUAL}, "108"),
        ({}, "a number of cases or a share"),
        ({"size": 5, "share_percent": 5.0}, "a number of cases or a share"),
        ({"size": 0}, "Enter at least 1 case"),
        ({"share_percent": 0.0}, "more than 0"),
        ({"size": 5, "strata": (Feature.TEAM, Feature.TEAM)}, "once"),
        ({"size": 5, "most_of_a_worker": 0}, "1 or more"),
        ({"size": 5, "smallest_stratum": -1}, "0 or more"),
        ({"size": 5, "rules": FrameRules(months_since_audit=-1)}, "months"),
        ({"size": 5, "rules": FrameRules(only_teams=(uuid.UUID(int=3),))}, "teams"),
        (
            {"size": 5, "rules": FrameRules(only_statuses=(CaseStatus.CARE_LEAVER,))},
            "No cases in the list can be drawn",
        ),
        ({"size": 5, "rules": FrameRules(named={"CF-NONE-0000": "gone"})}, "No case in this list"),
    ],
)
def test_a_plan_that_cannot_be_kept_is_refused_with_what_is_short(
    database: Database, cast: Cast, case_list: CaseList, audit_round: Round, plan: dict[str, object], words: str
) -> None:
    with database.writing() as session, pytest.raises(Invalid) as refused:
        drawn(session, cast, audit_round, SamplePlan(case_list.id, **plan))  # type: ignore[arg-type]
    assert words in " ".join(fault.detail for fault in refused.value.faults)


def test_planning_stores_nothing_and_only_leads_plan(
    database: Database, cast: Cast, case_list: CaseList, audit_round: Round
) -> None:
    plan = SamplePlan(case_list.id, size=5)
    with database.writing() as session:
        samples.plan_sample(session, round_id=audit_round.id, plan=plan, seed="one", by=an_actor(cast.lena))
        assert samples.samples_of_round(session, round_id=audit_round.id, by=an_actor(cast.lena)) == []
        with pytest.raises(NotAllowed):
            samples.plan_sample(session, round_id=audit_round.id, plan=plan, seed="one", by=an_actor(cast.asha))
        with pytest.raises(NotFound):
            samples.plan_sample(session, round_id=audit_round.id, plan=plan, seed="one", by=an_actor(cast.omar))


@pytest.mark.both_in_trials
def test_the_reserve_steps_in_from_the_same_stratum_for_a_reason(
    database: Database, cast: Cast, case_list: CaseList, audit_round: Round
) -> None:
    lena = an_actor(cast.lena)
    with database.writing() as session:
        sample = drawn(session, cast, audit_round, SamplePlan(case_list.id, size=6, strata=(Feature.TEAM,)))
        case, _ = samples.cases_of(session, sample)[0]
        replacement.replace_case(
            session, sample_id=sample.id, case_file_id=case.case_file_id, reason="Moved away.", version=1, by=lena
        )
        after = {each.case_file_id: each for each, _ in samples.cases_of(session, sample)}
        (stepped_in,) = [each for each in after.values() if each.stands_for_id == case.case_file_id]
        assert (after[case.case_file_id].state, after[case.case_file_id].reason) == (
            SampledState.REPLACED,
            "Moved away.",
        )
        assert (stepped_in.stratum, stepped_in.probability) == (case.stratum, case.probability)
        assert samples.redraw_sample(session, sample_id=sample.id, by=lena).cases_are_the_same
        with pytest.raises(Stale):
            replacement.replace_case(
                session, sample_id=sample.id, case_file_id=stepped_in.case_file_id, reason="Too.", version=1, by=lena
            )
        with pytest.raises(Conflict, match="already"):
            replacement.replace_case(
                session, sample_id=sample.id, case_file_id=case.case_file_id, reason="Again.", version=2, by=lena
            )
        with pytest.raises(Invalid):
            replacement.replace_case(
                session, sample_id=sample.id, case_file_id=stepped_in.case_file_id, reason=" ", version=2, by=lena
            )


def test_a_reserve_that_is_used_up_says_so(
    database: Database, cast: Cast, case_list: CaseList, audit_round: Round
) -> None:
    lena = an_actor(cast.lena)
    with database.writing() as session:
        sample = drawn(session, cast, audit_round, SamplePlan(case_list.id, size=108))
        case, _ = samples.cases_of(session, sample)[0]
        with pytest.raises(Conflict, match="reserve"):
            replacement.replace_case(
                session, sample_id=sample.id, case_file_id=case.case_file_id, reason="Moved.", version=1, by=lena
            )


def propose(session: Session, cast: Cast, audit_round: Round, **asked: object) -> proposals.AllocationProposal:
    question = AllocationRequest("one", **asked)  # type: ignore[arg-type]
    return proposals.propose_allocation(session, round_id=audit_round.id, asked=question, by=an_actor(cast.lena))


def confirm(session: Session, cast: Cast, audit_round: Round, proposed: proposals.AllocationProposal) -> None:
    """Allocate what was proposed, prepared and stored in one transaction."""
    lena, asked = an_actor(cast.lena), proposed.asked
    prepared = proposals.prepare_confirmation(
        session, round_id=audit_round.id, asked=asked, mark=proposed.mark, by=lena
    )
    proposals.store_confirmation(session, prepared, round_id=audit_round.id, by=lena)


@pytest.mark.fast
@pytest.mark.both_databases
def test_a_proposal_is_allocated_as_it_was_shown_with_its_weights(
    database: Database, cast: Cast, case_list: CaseList, audit_round: Round
) -> None:
    with database.writing() as session:
        drawn(session, cast, audit_round, SamplePlan(case_list.id, size=9))
        proposed = propose(session, cast, audit_round, double_percent=30)
        confirm(session, cast, audit_round, proposed)
        made = session.exec(select(Audit)).all()
        assert Counter(audit.auditor_id for audit in made) == {cast.asha.id: 6, cast.ben.id: 6}
        assert Counter(audit.reading for audit in made) == {1: 9, 2: 3}
        assert {audit.sampling_weight for audit in made if audit.reading == 1} == {108 / 9}
        with pytest.raises(Conflict, match="allocated"):
            propose(session, cast, audit_round)


@pytest.mark.both_in_trials
def test_a_proposal_that_is_out_of_date_allocates_nothing(
    database: Database, cast: Cast, case_list: CaseList, audit_round: Round
) -> None:
    lena = an_actor(cast.lena)
    with database.writing() as session:
        drawn(session, cast, audit_round, SamplePlan(case_list.id, size=9))
        proposed = propose(session, cast, audit_round)
        version = people.find_person(session, person_id=cast.asha.id, by=lena).person.version
        availability.change_availability(
            session, person_id=cast.asha.id, availability=Availability(most_audits=1), version=version, by=lena
        )
        with pytest.raises(Stale):
            confirm(session, cast, audit_round, proposed)
        assert session.exec(select(Audit)).first() is None


@pytest.mark.both_in_trials
@pytest.mark.parametrize("what", ["case", "person", "nothing of it"])
def test_what_a_proposal_depends_on_is_read_again_only_where_it_may_have_changed(
    database: Database,
    cast: Cast,
    teams: list[Team],
    case_list: CaseList,
    audit_round: Round,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
) -> None:
    lena = an_actor(cast.lena)
    with database.writing() as session:
        drawn(session, cast, audit_round, SamplePlan(case_list.id, size=4))
    with database.reading() as session:
        proposed = propose(session, cast, audit_round)
        prepared = proposals.prepare_confirmation(
            session, round_id=audit_round.id, asked=proposed.asked, mark=proposed.mark, by=lena
        )
    first = prepared.audits_made[0]
    with database.writing() as session:
        if what == "case":
            allocation = Allocation(first["case_file_id"], first["auditor_id"])
            allocate(session, round_id=audit_round.id, allocation=allocation, by=lena)
        elif what == "person":
            version = people.find_person(session, person_id=cast.asha.id, by=lena).person.version
            availability.change_availability(
                session, person_id=cast.asha.id, availability=Availability(most_audits=1), version=version, by=lena
            )
        else:
            new = NewCaseFile(teams[0].id, CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9)
            case_files.create_case_files(session, case_files=[new], by=lena)
    if what != "nothing of it":
        with pytest.raises(Moved), database.writing() as session:
            proposals.store_confirmation(session, prepared, round_id=audit_round.id, by=lena)
        return
    monkeypatch.setattr(proposals, "_read_basis", lambda *_: pytest.fail("read again"))
    with database.writing() as session:
        assert len(proposals.store_confirmation(session, prepared, round_id=audit_round.id, by=lena)) == 4


def test_a_case_that_nobody_may_read_is_left_over_and_said_why(
    database: Database, cast: Cast, case_list: CaseList, audit_round: Round, teams: list[Team]
) -> None:
    lena = an_actor(cast.lena)
    with database.writing() as session:
        drawn(session, cast, audit_round, SamplePlan(case_list.id, size=9, strata=(Feature.TEAM,)))
        for person in (cast.asha, cast.ben):
            version = people.find_person(session, person_id=person.id, by=lena).person.version
            availability.change_availability(
                session, person_id=person.id, availability=Availability(teams=(teams[0].id,)), version=version, by=lena
            )
        proposed = propose(session, cast, audit_round)
        assert len(proposed.allocated) == 6
        assert [dict(each.because) for each in proposed.left_over] == [{"own-team": 2}] * 3
        confirm(session, cast, audit_round, proposed)
        completion = completion_of(
            session, session.get_one(Round, (audit_round.organisation_id, audit_round.id)), by=lena
        )
    assert completion.unallocated == 3
    assert [(part.label, part.allocated, part.submitted) for part in completion.teams] == [
        ("South", 3, 0),
        ("West", 3, 0),
    ]
    assert [part.label for part in completion.strata] == ["South", "West"]


def test_an_audit_that_was_begun_stands_in_the_way_of_replacing_its_case(
    database: Database, cast: Cast, case_list: CaseList, audit_round: Round
) -> None:
    lena, asha = an_actor(cast.lena), an_actor(cast.asha)
    with database.writing() as session:
        sample = drawn(session, cast, audit_round, SamplePlan(case_list.id, size=2))
        first, second = (case.case_file_id for case, _ in samples.cases_of(session, sample))
        held = [
            allocate(session, round_id=audit_round.id, allocation=Allocation(case, cast.asha.id), by=lena)
            for case in (first, second)
        ]
        scores.score_themes(session, audit_id=held[0].id, scores=[NewScore(THEMES[0], "good")], by=asha)
        with pytest.raises(Conflict, match="An audit of this case has been started"):
            replacement.replace_case(
                session, sample_id=sample.id, case_file_id=first, reason="Moved.", version=1, by=lena
            )
        replacement.replace_case(session, sample_id=sample.id, case_file_id=second, reason="Moved.", version=1, by=lena)
        assert session.get_one(Audit, (audit_round.organisation_id, held[1].id)).withdrawal_reason == "Moved."


def test_nobody_draws_a_reserve_for_a_case_that_they_read_and_a_closed_round_keeps_its_sample(
    database: Database, cast: Cast, case_list: CaseList, audit_round: Round
) -> None:
    lena = an_actor(cast.lena)
    reader = a_person(database, cast.organisation, name="Rae", roles={Role.AUDITOR})
    by = replace(an_actor(reader), roles=frozenset({Role.AUDITOR, Role.QUALITY_LEAD}))
    with database.writing() as session:
        sample = drawn(session, cast, audit_round, SamplePlan(case_list.id, size=2))
        first, second = (case.case_file_id for case, _ in samples.cases_of(session, sample))
        allocate(session, round_id=audit_round.id, allocation=Allocation(first, reader.id), by=lena)
        with pytest.raises(NotAllowed, match="You read this case yourself"):
            replacement.replace_case(
                session, sample_id=sample.id, case_file_id=first, reason="Moved.", version=1, by=by
            )
        version = rounds.find_round(session, round_id=audit_round.id, by=lena).version
        closing.close_round(session, round_id=audit_round.id, version=version, reason="Too few auditors.", by=lena)
        with pytest.raises(Conflict, match="closed"):
            replacement.replace_case(
                session, sample_id=sample.id, case_file_id=second, reason="Late.", version=1, by=lena
            )


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 11, 23), 12, date(2025, 11, 23)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 12, 31), 1, date(2026, 11, 30)),
    ],
)
def test_months_are_counted_back_to_a_day_that_exists(day: date, months: int, before: date) -> None:
    assert months_before(day, months) == before


def test_sampled_cases_that_nobody_reads_are_unfinished_work_of_the_round(
    database: Database, cast: Cast, case_list: CaseList, audit_round: Round
) -> None:
    lena = an_actor(cast.lena)
    with database.writing() as session:
        sample = drawn(session, cast, audit_round, SamplePlan(case_list.id, size=2))
        (first, _), (second, reference) = samples.cases_of(session, sample)
        allocate(session, round_id=audit_round.id, allocation=Allocation(first.case_file_id, cast.asha.id), by=lena)
        found = {work.kind.key: work.found for work in unfinished_in(session, audit_round, person_id=lena.person_id)}
    assert second.case_file_id != first.case_file_id
    assert found["unallocated"].number == 1
    (item,) = found["unallocated"].items
    assert (item.text, item.path) == (reference, f"/rounds/{audit_round.id}/proposal")
