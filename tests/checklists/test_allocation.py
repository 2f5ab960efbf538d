"""Cases go to people who may read them, as many and as evenly as can be, by a seed."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

import pulp
import pytest

from checklists.allocation import (
    Auditor,
    CaseToRead,
    Proposal,
    Rule,
    Unallocated,
    allocate,
    breaches,
)
from tests.thorough import many

Organisation = tuple[list[CaseToRead], list[Auditor]]
TEAMS = ("north", "south", "east", "west")
SOLVED = 60


def an_organisation(seed: int, *, most_cases: int = 60, most_auditors: int = 12) -> Organisation:
    """Cases and auditors in which every rule bites somewhere."""
    chance = random.Random(seed)
    auditors = [
        Auditor(
            f"auditor-{number}",
            frozenset(chance.sample(TEAMS, chance.choice((0, 1, 1, 2)))),
            frozenset({f"worker-{number}"} if chance.random() < 0.4 else ()),
            load=chance.choice((0, 0, 1, 5)),
            cap=chance.choice((None, None, 0, 3, 8)),
            away=chance.random() < 0.1,
            exempt=chance.random() < 0.1,
        )
        for number in range(chance.randint(1, most_auditors))
    ]
    names = [auditor.id for auditor in auditors]
    cases = [
        CaseToRead(
            f"case-{number}",
            chance.choice(TEAMS),
            f"worker-{chance.randrange(20)}" if chance.random() < 0.7 else "",
            chance.choice(names) if chance.random() < 0.3 else "",
            frozenset({chance.choice(names)} if chance.random() < 0.1 else ()),
        )
        for number in range(chance.randint(1, most_cases))
    ]
    return cases, auditors


def broken_rules(cases: Sequence[CaseToRead], auditors: Sequence[Auditor], proposal: Proposal) -> list[str]:
    """Every breach of a rule, found one by one and without the code that gives out."""
    by_case, by_auditor = {case.id: case for case in cases}, {auditor.id: auditor for auditor in auditors}
    broken = []
    for each in proposal.allocated:
        case, auditor = by_case[each.case], by_auditor[each.auditor]
        if case.team in auditor.teams:
            broken.append("own team")
        if case.worker != "" and case.worker in auditor.workers:
            broken.append("own caseload")
        if auditor.id == case.read_last_by:
            broken.append("read last time")
        if auditor.id in case.readers:
            broken.append("reads it already")
        if auditor.away or auditor.exempt:
            broken.append("away or exempt")
    for number in Counter((each.case, each.auditor) for each in proposal.allocated).values():
        broken += ["twice the same person"] * (number - 1)
    for auditor_id, number in Counter(each.auditor for each in proposal.allocated).items():
        auditor = by_auditor[auditor_id]
        if auditor.cap is not None and auditor.load + number > auditor.cap:
            broken.append("over the most")
    return broken


def squares(auditors: Sequence[Auditor], proposal: Proposal) -> int:
    given = Counter(each.auditor for each in proposal.allocated)
    return sum((auditor.load + given[auditor.id]) ** 2 for auditor in auditors)


def solved(cases: Sequence[CaseToRead], auditors: Sequence[Auditor], wanted: dict[str, int]) -> tuple[int, int]:
    """The most readings that can be given out, and the least sum of squared loads with so many: by a solver."""
    problem = pulp.LpProblem("allocation", pulp.LpMinimize)
    given = {
        (case.id, auditor.id): problem.add_variable(f"x_{place}_{other}", 0, 1, pulp.LpInteger)
        for place, case in enumerate(cases)
        for other, auditor in enumerate(auditors)
        if set(breaches(case, auditor)) <= {Rule.AT_CAP}
    }
    cost = []
    for case in cases:
        problem += pulp.lpSum(each for (one, _), each in given.items() if one == case.id) <= wanted[case.id]
    for place, auditor in enumerate(auditors):
        mine = [each for (_, one), each in given.items() if one == auditor.id]
        room = len(mine) if auditor.cap is None else min(len(mine), max(0, auditor.cap - auditor.load))
        steps = [problem.add_variable(f"s_{place}_{step}", 0, 1) for step in range(room)]
        problem += pulp.lpSum(mine) == pulp.lpSum(steps)
        # The square grows by 2n + 1 with the audit after n: a solver fills the cheap steps first.
        cost += [(2 * (auditor.load + step) + 1) * each for step, each in enumerate(steps)]
    # No evenness is worth a reading: one more reading outweighs every cost there can be.
    worth = 1 + sum(2 * (auditor.load + len(cases)) + 1 for auditor in auditors) * max(1, len(cases))
    problem.setObjective(pulp.lpSum(cost) - worth * pulp.lpSum(given.values()))
    problem.solve(pulp.COIN_CMD(path=pulp.PULP_CBC_CMD.pulp_cbc_path, msg=False, threads=1))
    assert pulp.LpStatus[problem.status] == "Optimal"
    number = round(sum(each.value() or 0 for each in given.values()))
    grown = round(sum(float(pulp.value(each)) for each in cost))
    return number, sum(auditor.load**2 for auditor in auditors) + grown


@pytest.mark.long
def test_in_many_organisations_no_rule_is_broken(record_property: Callable[[str, object], None]) -> None:
    broken, readings, left = [], 0, 0
    organisations = many(150, thorough=1_000)
    for seed in range(organisations):
        cases, auditors = an_organisation(seed)
        proposal = allocate(cases, auditors, seed=str(seed), double_share=Fraction(seed % 5, 10))
        broken += broken_rules(cases, auditors, proposal)
        readings, left = readings + len(proposal.allocated), left + len(proposal.left_over)
        wanted = len(cases) + len(proposal.double_read)
        assert len(proposal.allocated) + len(proposal.left_over) == wanted
    record_property(
        "figure",
        f"Allocation in {organisations:,} organisations: {readings:,} readings given out, {left:,} left over, "
        f"{len(broken)} rules broken",
    )
    assert broken == []


def test_a_broken_rule_would_be_seen() -> None:
    cases, auditors = [CaseToRead("one", "north")], [Auditor("asha", frozenset({"north"}))]
    unruly = allocate([replace(cases[0], team="south")], auditors, seed="1")
    assert broken_rules(cases, auditors, unruly) == ["own team"]


def test_as_many_readings_are_given_out_and_as_evenly_as_a_solver_can() -> None:
    for seed in range(SOLVED):
        cases, auditors = an_organisation(seed + 5_000, most_cases=16, most_auditors=6)
        proposal = allocate(cases, auditors, seed="1", double_share=Fraction(seed % 3, 2))
        wanted = {case.id: 1 + (case.id in proposal.double_read) for case in cases}
        assert (len(proposal.allocated), squares(auditors, proposal)) == solved(cases, auditors, wanted)


def test_where_the_rules_allow_it_loads_are_within_one_of_each_other() -> None:
    chance = random.Random(3)
    for _ in range(50):
        cases = [CaseToRead(f"case-{number}", "north") for number in range(chance.randint(1, 80))]
        auditors = [Auditor(f"auditor-{number}") for number in range(chance.randint(2, 9))]
        given = Counter(each.auditor for each in allocate(cases, auditors, seed="1").allocated)
        loads = [given[auditor.id] for auditor in auditors]
        assert max(loads) - min(loads) <= 1


def test_first_readings_come_before_second_ones() -> None:
    cases = [CaseToRead(f"case-{number}", "north") for number in range(4)]
    auditors = [Auditor("asha", cap=3), Auditor("ben", cap=2)]
    proposal = allocate(cases, auditors, seed="1", double_share=Fraction(1))
    readings = Counter(each.reading for each in proposal.allocated)
    assert readings == {1: 4, 2: 1}
    assert len(proposal.left_over) == 3
    assert {each.reading for each in proposal.left_over} == {2}


def test_a_second_reading_goes_to_another_person_and_a_share_is_rounded_up() -> None:
    cases = [CaseToRead(f"case-{number}", "north") for number in range(11)]
    proposal = allocate(cases, [Auditor("asha"), Auditor("ben")], seed="1", double_share=Fraction(1, 4))
    assert len(proposal.double_read) == 3
    for case in proposal.double_read:
        assert {each.auditor for each in proposal.allocated if each.case == case} == {"asha", "ben"}
        assert {each.reading for each in proposal.allocated if each.case == case} == {1, 2}


def test_what_is_left_over_says_how_many_each_rule_kept_away() -> None:
    case = CaseToRead("one", "north", worker="w1", read_last_by="ben")
    auditors = [
        Auditor("asha", frozenset({"north"})),
        Auditor("ben"),
        Auditor("cleo", workers=frozenset({"w1"})),
        Auditor("dev", cap=0),
        Auditor("eve", away=True),
        Auditor("fay", exempt=True),
    ]
    every = {Rule.OWN_TEAM, Rule.OWN_CASELOAD, Rule.READ_LAST_TIME, Rule.AT_CAP, Rule.AWAY, Rule.EXEMPT}
    assert allocate([case], auditors, seed="1").left_over == (Unallocated("one", 1, dict.fromkeys(sorted(every), 1)),)
    assert [breaches(case, auditor) for auditor in auditors] == [
        (Rule.OWN_TEAM,),
        (Rule.READ_LAST_TIME,),
        (Rule.OWN_CASELOAD,),
        (Rule.AT_CAP,),
        (Rule.AWAY,),
        (Rule.EXEMPT,),
    ]


def test_a_case_that_somebody_reads_already_is_given_its_second_reading() -> None:
    case = CaseToRead("one", "north", readers=frozenset({"asha"}))
    (given,) = allocate([case], [Auditor("asha"), Auditor("ben")], seed="1").allocated
    assert (given.reading, given.auditor, given.fellows) == (2, "ben", 1)


def test_the_same_seed_gives_the_same_proposal_whatever_the_order() -> None:
    for seed in range(40):
        cases, auditors = an_organisation(seed)
        chance = random.Random(seed)
        mixed_cases, mixed_auditors = chance.sample(cases, len(cases)), chance.sample(auditors, len(auditors))
        share = Fraction(1, 5)
        assert allocate(cases, auditors, seed="s", double_share=share) == allocate(
            mixed_cases, mixed_auditors, seed="s", double_share=share
        )


def test_another_seed_gives_cases_to_others() -> None:
    cases = [CaseToRead(f"case-{number}", "north") for number in range(30)]
    auditors = [Auditor(f"auditor-{number}") for number in range(5)]
    assert allocate(cases, auditors, seed="1") != allocate(cases, auditors, seed="2")


def test_an_id_that_is_there_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        allocate([CaseToRead("one", "north")] * 2, [], seed="1")


def test_without_auditors_everything_is_left_over() -> None:
    assert allocate([CaseToRead("one", "north")], [], seed="1").left_over == (Unallocated("one", 1, {}),)
