from collections import Counter
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.reports.gaps import (
    Gap,
    GapState,
    Numbers,
    by_widest_gap,
    domain_gaps_of_numbers,
    state_of,
    theme_and_domain_gaps,
    theme_gaps,
)
from checklists.statistics.intervals import wilson
from checklists.templates.scale import NOT_APPLICABLE, NOT_EVIDENCED
from checklists.templates.template import Template
from tests.checklists.small_template import a_template

TEMPLATE = a_template()
LEFT_OUT = a_template(not_evidenced="left-out")
ANSWERS = TEMPLATE.scale.answers
TARGET = Fraction(9, 10)

an_audit = st.fixed_dictionaries({key: st.sampled_from(ANSWERS) for key in TEMPLATE.theme_keys})
some_audits = st.lists(an_audit, max_size=40)
targets = st.fractions(min_value=Fraction(1, 100), max_value=1)


def tallied(audits: list[dict[str, str]]) -> Counter[tuple[str, str]]:
    return Counter(pair for audit in audits for pair in audit.items())


def gaps_of(audits: list[dict[str, str]], template: Template = TEMPLATE, **entries: Any) -> tuple[Gap, ...]:
    options = {"target": TARGET, "minimum": 5, **entries}
    return theme_gaps(template, tallied(audits), audits=len(audits), **options)


def one_gap(tallies: dict[str, int], **entries: Any) -> Gap:
    options = {"target": TARGET, "minimum": 5, "audits": 100, **entries}
    return theme_gaps(TEMPLATE, {("voice", answer): count for answer, count in tallies.items()}, **options)[0]


@given(some_audits, targets, st.sampled_from([TEMPLATE, LEFT_OUT]))
def test_sums_are_those_counted_one_by_one(audits: list[dict[str, str]], target: Fraction, template: Template) -> None:
    for gap in gaps_of(audits, template, target=target):
        answers = [audit[gap.key] for audit in audits]
        meeting = sum(answer in {"outstanding", "good"} for answer in answers)
        below = sum(answer in {"requires-improvement", "inadequate"} for answer in answers)
        if template is TEMPLATE:
            below += answers.count(NOT_EVIDENCED)
        assert (gap.meeting, gap.below, gap.applicable) == (meeting, below, meeting + below)
        assert list(gap.counts.items()) == [(answer, answers.count(answer)) for answer in ANSWERS]
        assert sum(gap.counts.values()) == gap.audits == len(audits)
        left_out = gap.counts[NOT_APPLICABLE] + (gap.counts[NOT_EVIDENCED] if template is LEFT_OUT else 0)
        assert gap.applicable + left_out == len(audits)
        if meeting + below == 0:
            assert (gap.gap, gap.share_meeting, gap.share_below, gap.below_interval, gap.meeting_interval) == (
                None,
            ) * 5
        else:
            assert gap.share_meeting == Fraction(meeting, meeting + below)
            assert gap.share_below == 1 - gap.share_meeting
            assert gap.gap == max(Fraction(0), target - gap.share_meeting)
            assert gap.below_interval == wilson(below, meeting + below)


@given(some_audits, targets)
def test_a_gap_is_never_negative_and_none_only_without_applicable_answers(
    audits: list[dict[str, str]], target: Fraction
) -> None:
    of_themes, of_domains = theme_and_domain_gaps(
        TEMPLATE, tallied(audits), audits=len(audits), target=target, minimum=1
    )
    for gap in (*of_themes, *of_domains):
        assert (gap.gap is None) == (gap.applicable == 0)
        assert gap.gap is None or 0 <= gap.gap <= target


@given(some_audits.flatmap(lambda audits: st.tuples(st.just(audits), st.permutations(audits))))
def test_the_order_of_audits_makes_no_difference(both: tuple[list[dict[str, str]], list[dict[str, str]]]) -> None:
    assert gaps_of(both[0]) == gaps_of(both[1])


@given(some_audits, st.integers(1, 10))
def test_a_rank_is_one_more_than_the_number_of_larger_gaps(audits: list[dict[str, str]], minimum: int) -> None:
    gaps = gaps_of(audits, minimum=minimum)
    assert [gap.key for gap in gaps] == list(TEMPLATE.theme_keys)
    sayable = [gap for gap in gaps if gap.state is not GapState.TOO_FEW]
    for gap in gaps:
        assert (gap.state is GapState.TOO_FEW) == (gap.applicable < minimum)
        if gap.state is GapState.TOO_FEW:
            assert gap.rank is None
        else:
            assert gap.rank == 1 + sum((other.gap or 0) > (gap.gap or 0) for other in sayable)


def test_ties_share_a_rank_and_the_next_one_is_passed_over() -> None:
    tallies = {
        ("voice", "good"): 9,
        ("voice", "inadequate"): 1,
        ("history", "inadequate"): 4,
        ("history", "good"): 6,
        ("plan", "good"): 12,
        ("plan", NOT_EVIDENCED): 8,
        ("review", "inadequate"): 10,
    }
    gaps = theme_gaps(TEMPLATE, tallies, audits=20, target=TARGET, minimum=5)
    assert {gap.key: gap.rank for gap in gaps} == {"voice": 4, "history": 2, "plan": 2, "review": 1}
    assert [gap.key for gap in by_widest_gap(gaps)] == ["review", "history", "plan", "voice"]


def test_those_without_a_rank_come_last_in_template_order() -> None:
    tallies = {("history", "good"): 9, ("review", "inadequate"): 9, ("voice", "inadequate"): 4}
    gaps = theme_gaps(TEMPLATE, tallies, audits=9, target=TARGET, minimum=5)
    assert [gap.key for gap in by_widest_gap(gaps)] == ["review", "history", "voice", "plan"]


@pytest.mark.parametrize(
    ("tallies", "state"),
    [
        ({}, GapState.TOO_FEW),
        ({"not-applicable": 50}, GapState.TOO_FEW),
        ({"inadequate": 4}, GapState.TOO_FEW),
        ({"inadequate": 4, "not-applicable": 50}, GapState.TOO_FEW),
        ({"good": 4, "outstanding": 1}, GapState.ON_TARGET),
        ({"good": 9, "inadequate": 1}, GapState.ON_TARGET),  # exactly at the target
        ({"good": 8, "inadequate": 2}, GapState.POSSIBLE_GAP),  # the interval reaches 0.943
        ({"good": 5, "not-evidenced": 5}, GapState.GAP),
        ({"inadequate": 5}, GapState.GAP),
        ({"good": 899, "inadequate": 101}, GapState.POSSIBLE_GAP),
        ({"good": 850, "inadequate": 150}, GapState.GAP),
    ],
)
def test_each_state_is_said_by_its_rule(tallies: dict[str, int], state: GapState) -> None:
    assert one_gap(tallies).state is state


def test_the_states_follow_one_another_as_practice_gets_worse() -> None:
    states = [one_gap({"good": 60 - below, "inadequate": below}).state for below in range(61)]
    order = [GapState.ON_TARGET, GapState.POSSIBLE_GAP, GapState.GAP]
    assert [order.index(state) for state in states] == sorted(order.index(state) for state in states)
    assert set(states) == set(order)
    assert states.index(GapState.POSSIBLE_GAP) == 7


def test_a_gap_is_exact_where_a_float_is_not() -> None:
    assert one_gap({"good": 2, "inadequate": 1}).gap == Fraction(9, 10) - Fraction(2, 3)
    assert one_gap({"good": 7, "inadequate": 3}, target=Fraction(7, 10)).state is GapState.ON_TARGET


def test_the_interval_of_those_meeting_mirrors_that_of_those_below() -> None:
    gap = one_gap({"good": 8, "inadequate": 2})
    assert gap.below_interval == wilson(2, 10)
    assert gap.meeting_interval == pytest.approx(wilson(8, 10))


def test_a_learning_domain_pools_its_themes_and_claims_no_more_cases_than_it_has() -> None:
    tallies = {
        ("voice", "good"): 6,
        ("voice", "inadequate"): 2,
        ("history", "good"): 4,
        ("history", "inadequate"): 2,
        ("history", NOT_APPLICABLE): 2,
    }
    _, (child, practice) = theme_and_domain_gaps(TEMPLATE, tallies, audits=8, target=TARGET, minimum=5)
    assert (child.key, child.label, child.audits) == ("child", "Child", 8)
    assert (child.applicable, child.meeting, child.below, child.counts[NOT_APPLICABLE]) == (14, 10, 4, 2)
    assert child.below_interval == wilson(Fraction(4, 14) * 8, 8)
    pooled = wilson(4, 14)
    assert child.below_interval is not None
    assert child.below_interval[1] - child.below_interval[0] > pooled[1] - pooled[0]
    assert child.state is GapState.POSSIBLE_GAP
    assert child.rank == 1
    assert (practice.state, practice.rank, practice.gap) == (GapState.TOO_FEW, None, None)


def test_many_answers_about_few_children_are_too_few_to_say() -> None:
    tallies = {("voice", "inadequate"): 4, ("history", "inadequate"): 4}
    _, (child, _) = theme_and_domain_gaps(TEMPLATE, tallies, audits=4, target=TARGET, minimum=5)
    assert child.applicable == 8
    assert (child.state, child.rank) == (GapState.TOO_FEW, None)


@given(some_audits)
def test_a_learning_domains_counts_are_the_sums_of_its_themes(audits: list[dict[str, str]]) -> None:
    of_themes, of_domains = theme_and_domain_gaps(
        TEMPLATE, tallied(audits), audits=len(audits), target=TARGET, minimum=5
    )
    themes = {gap.key: gap for gap in of_themes}
    for gap in of_domains:
        parts = [themes[key] for key in TEMPLATE.theme_keys if TEMPLATE.domain_of(key).key == gap.key]
        assert gap.applicable == sum(part.applicable for part in parts)
        assert gap.below == sum(part.below for part in parts)
        assert gap.counts == {answer: sum(part.counts[answer] for part in parts) for answer in ANSWERS}


@pytest.mark.parametrize(
    ("tallies", "entries"),
    [
        ({("nothing", "good"): 1}, {}),
        ({("voice", "fair"): 1}, {}),
        ({("voice", "good"): -1}, {}),
        ({}, {"target": Fraction(0)}),
        ({}, {"target": Fraction(101, 100)}),
        ({}, {"minimum": 0}),
    ],
)
def test_tallies_and_targets_that_make_no_sense_are_refused(
    tallies: dict[tuple[str, str], int], entries: dict[str, Any]
) -> None:
    options = {"target": TARGET, "minimum": 5, "audits": 1, **entries}
    for make in (theme_gaps, theme_and_domain_gaps):
        with pytest.raises(ValueError, match=r"tally|target|minimum"):
            make(TEMPLATE, tallies, **options)


def test_every_state_has_words_for_people() -> None:
    assert [state.label for state in GapState] == [
        "On target",
        "Gap",
        "Possible gap",
        "Too few to say",
        "No target yet",
    ]


def test_without_a_target_there_is_neither_gap_nor_state_and_the_largest_share_below_comes_first() -> None:
    tallies = {("voice", "good"): 6, ("voice", "inadequate"): 4, ("review", "good"): 3, ("review", "inadequate"): 7}
    tallies |= {("plan", "good"): 2}
    gaps = {gap.key: gap for gap in theme_gaps(TEMPLATE, tallies, audits=10, target=None, minimum=5)}
    known = {key: gap for key, gap in gaps.items() if gap.applicable >= 5}
    assert {gap.state for gap in known.values()} == {GapState.NO_TARGET}
    assert {gap.state for key, gap in gaps.items() if key not in known} == {GapState.TOO_FEW}
    assert all(gap.gap is None for gap in gaps.values())
    first = min(known.values(), key=lambda gap: gap.rank or 0)
    assert first.share_below == max(gap.share_below or 0 for gap in known.values())
    assert {gap.rank for gap in known.values()} == set(range(1, len(known) + 1))


def test_domains_from_numbers_alone_have_the_gaps_of_the_tallies_without_their_counts() -> None:
    audits = [dict.fromkeys(TEMPLATE.theme_keys, "good")] * 7 + [{TEMPLATE.theme_keys[0]: "inadequate"}] * 3
    options: dict[str, Any] = {"audits": 10, "target": TARGET, "minimum": 5}
    of_themes, of_domains = theme_and_domain_gaps(TEMPLATE, tallied(audits), **options)
    assert of_themes == theme_gaps(TEMPLATE, tallied(audits), **options)
    numbers = {gap.key: Numbers(gap.applicable, gap.below) for gap in of_themes}
    assert [replace(gap, counts={}) for gap in of_domains] == [*domain_gaps_of_numbers(TEMPLATE, numbers, **options)]
    (nothing, *_) = domain_gaps_of_numbers(TEMPLATE, {}, **options)
    assert (nothing.applicable, nothing.below, nothing.state) == (0, 0, GapState.TOO_FEW)


def test_as_many_answers_as_the_minimum_are_enough_to_say() -> None:
    assert state_of(Numbers(5, 5), target=TARGET, minimum=5) is not GapState.TOO_FEW
    assert state_of(Numbers(4, 4), target=TARGET, minimum=5) is GapState.TOO_FEW
    assert state_of(Numbers(0, 0), target=TARGET, minimum=0) is GapState.TOO_FEW
