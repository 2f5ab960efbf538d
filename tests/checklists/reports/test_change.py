from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.reports.change import (
    Change,
    Method,
    ThemeChange,
    compare_independent,
    compare_paired,
    compare_weighted,
    question_changes,
    template_changes,
    theme_changes,
)
from checklists.reports.gaps import Gap, theme_gaps
from checklists.reports.questions import count_questions
from checklists.reports.weighting import WeightedShare
from checklists.statistics.intervals import Pairs, newcombe_difference, newcombe_paired
from checklists.templates.scale import MET_PARTLY_NOT
from checklists.templates.template import Template
from checklists.templates.template_file import check_template
from tests.checklists.full_template import a_full_template
from tests.checklists.small_template import a_template, plain_template, theme

TEMPLATE = a_template()
counts = st.tuples(st.integers(0, 40), st.integers(0, 40))


def gaps(template: Template = TEMPLATE, **counted: tuple[int, int]) -> tuple[Gap, ...]:
    """The gaps of every theme, from how many met the standard and how many did not, for some."""
    tallies = {}
    for key, (meeting, below) in counted.items():
        tallies[key, "good"] = meeting
        tallies[key, "inadequate"] = below
    return theme_gaps(template, tallies, audits=500, target=Fraction(9, 10), minimum=5)


def voice_of(now: tuple[int, int], before: tuple[int, int], minimum: int = 5) -> ThemeChange:
    return theme_changes(gaps(voice=now), gaps(voice=before), minimum=minimum)[0]


def moved(template: dict[str, Any]) -> None:
    template["learning_domains"][1]["themes"].append(template["learning_domains"][0]["themes"].pop(0))


@pytest.mark.parametrize(
    ("now", "before", "change", "label"),
    [
        ((56, 14), (48, 32), Change.IMPROVED, "Improved"),
        ((48, 32), (56, 14), Change.WORSE, "Worse"),
        ((5, 51), (0, 29), Change.NO_CLEAR_CHANGE, "No clear change"),
        ((4, 0), (0, 80), Change.TOO_FEW, "Too few to say"),
        ((80, 0), (0, 4), Change.TOO_FEW, "Too few to say"),
        ((5, 0), (0, 5), Change.IMPROVED, "Improved"),
    ],
)
def test_a_change_is_said_when_its_whole_interval_lies_on_one_side(
    now: tuple[int, int], before: tuple[int, int], change: Change, label: str
) -> None:
    found = voice_of(now, before)
    assert found.change is change
    assert found.change.label == label
    assert found.difference == Fraction(now[0], sum(now)) - Fraction(before[0], sum(before))
    assert found.interval == newcombe_difference(now[0], sum(now), before[0], sum(before))
    assert (found.key, found.label) == ("voice", "Voice")


@given(counts, counts, st.integers(1, 20))
def test_before_and_now_exchanged_turn_every_change_round(
    now: tuple[int, int], before: tuple[int, int], minimum: int
) -> None:
    opposite = {Change.IMPROVED: Change.WORSE, Change.WORSE: Change.IMPROVED}
    found, other = voice_of(now, before, minimum), voice_of(before, now, minimum)
    assert other.change is opposite.get(found.change, found.change)
    assert other.difference == (None if found.difference is None else -found.difference)
    assert (found.change is Change.TOO_FEW) == (min(sum(now), sum(before)) < minimum)


def test_weighted_shares_are_compared_as_shares_of_as_many_answers_as_they_are_worth() -> None:
    now, before = WeightedShare(Fraction(3, 4), (0.0, 1.0), 40.0), WeightedShare(Fraction(1, 2), (0.0, 1.0), 20.0)
    found = compare_weighted(now, before)
    assert found is not None
    assert (found.before, found.now, found.n) == (Fraction(1, 2), Fraction(3, 4), Fraction(20))
    assert found.interval == newcombe_difference(30, 40, 10, 20)
    assert compare_weighted(now, None) is None
    assert compare_weighted(None, before) is None


def test_shares_of_the_same_cases_are_compared_and_those_of_none_are_not() -> None:
    pairs = Pairs(both=10, only_now=6, only_before=2, neither=2)
    found = compare_paired(pairs)
    assert found is not None
    assert (found.before, found.now, found.n) == (Fraction(12, 20), Fraction(16, 20), Fraction(20))
    assert found.interval == newcombe_paired(pairs)
    assert compare_paired(Pairs(0, 0, 0, 0)) is None


def test_themes_stand_in_the_order_of_now_and_then_those_no_longer_asked() -> None:
    content = plain_template()
    moved(content)
    later = check_template(content)
    now = [gap for gap in gaps(later, plan=(9, 1)) if gap.key != "history"]
    before = [gap for gap in gaps(plan=(9, 1), history=(9, 1)) if gap.key != "review"]
    found = theme_changes(now, before, minimum=5)
    assert [change.key for change in found] == ["plan", "review", "voice", "history"]
    by_key = {change.key: change for change in found}
    assert by_key["review"].before is None
    assert by_key["history"].now is None
    assert by_key["history"].before == before[1]
    for key in ("review", "history"):
        assert (by_key[key].difference, by_key[key].interval, by_key[key].change) == (None, None, Change.TOO_FEW)
    assert by_key["plan"].difference == 0


def test_a_theme_that_was_applicable_to_nobody_has_no_difference() -> None:
    found = voice_of((0, 0), (9, 1))
    assert (found.difference, found.interval, found.change) == (None, None, Change.TOO_FEW)


def test_a_theme_goes_by_the_name_it_has_now() -> None:
    content = plain_template()
    content["learning_domains"][0]["themes"][0]["display_title"] = "The child's voice"
    renamed = check_template(content)
    assert theme_changes(gaps(renamed), gaps(), minimum=5)[0].label == "The child's voice"
    assert theme_changes(gaps(), gaps(renamed), minimum=5)[0].label == "Voice"


def test_a_minimum_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="minimum"):
        theme_changes(gaps(), gaps(), minimum=0)


@pytest.mark.parametrize(
    "entries",
    [
        {},
        {"title": "Another title", "summary": "Said anew."},
        {"forms_of_harm": [{"key": "fear", "label": "Fright"}, {"key": "neglect", "label": "Neglect"}]},
    ],
)
def test_versions_that_ask_the_same_have_nothing_to_say(entries: Mapping[str, Any]) -> None:
    assert template_changes(a_template(**entries), TEMPLATE) == ()


def test_a_reworded_finding_is_no_change() -> None:
    content = plain_template()
    content["learning_domains"][0]["themes"][0]["finding"] = "Children were seldom asked."
    assert template_changes(check_template(content), TEMPLATE) == ()


def test_themes_that_came_and_went_are_named() -> None:
    content = plain_template()
    content["learning_domains"][0]["themes"][1] = theme("chronology")
    content["learning_domains"][1]["themes"].append(theme("supervision"))
    later = check_template(content)
    assert template_changes(later, TEMPLATE) == (
        "New themes: “Chronology”, “Supervision”.",
        "Removed themes: “History”.",
    )
    assert template_changes(TEMPLATE, later) == (
        "New themes: “History”.",
        "Removed themes: “Chronology”, “Supervision”.",
    )


def test_names_and_places_of_themes_are_told_in_template_order() -> None:
    content = plain_template()
    moved(content)
    content["learning_domains"][1]["themes"][1]["title"] = "Reviewing"
    content["learning_domains"][1]["themes"][2]["display_title"] = "The child's voice"
    assert template_changes(check_template(content), TEMPLATE) == (
        "“Review” is now called “Reviewing”.",
        "“Voice” is now called “The child's voice”.",
        "“The child's voice” has moved from “Child” to “Practice”.",
    )


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("prompts", ["What else does the file show?"]),
        ("descriptors", {"good": "Seen alone."}),
        ("where_to_look", "Visits."),
        ("not_applicable_when", "The child is not yet born."),
    ],
)
def test_what_auditors_are_told_to_look_for_is_a_change(entry: str, value: object) -> None:
    content = plain_template()
    content["learning_domains"][1]["themes"][0][entry] = value
    assert template_changes(check_template(content), TEMPLATE) == ("Guidance for auditors has changed for: “Plan”.",)


def test_another_scale_is_told_with_its_standard() -> None:
    other = a_template(scale=MET_PARTLY_NOT.model_dump(mode="json"))
    assert template_changes(other, TEMPLATE) == (
        "The ratings were Outstanding, Good, Requires improvement, Inadequate and are now Met, Partly met, Not met.",
        "The standard was Good and is now Met.",
    )


def test_another_standard_on_the_same_scale_is_told() -> None:
    higher = {**TEMPLATE.scale.model_dump(mode="json"), "standard": "outstanding"}
    assert template_changes(a_template(scale=higher), TEMPLATE) == ("The standard was Good and is now Outstanding.",)


def test_a_renamed_rating_is_told_once() -> None:
    scale = TEMPLATE.scale.model_dump(mode="json")
    scale["ratings"][1]["label"] = "Strong"
    (said,) = template_changes(a_template(scale=scale), TEMPLATE)
    assert said.endswith("Inadequate and are now Outstanding, Strong, Requires improvement, Inadequate.")


def test_another_rule_for_not_evidenced_is_told() -> None:
    left_out = a_template(not_evidenced="left-out")
    assert template_changes(left_out, TEMPLATE) == ("Not evidenced is now excluded from shares.",)
    assert template_changes(TEMPLATE, left_out) == ("Not evidenced now counts as below the standard.",)


def test_a_question_that_nobody_met_is_compared_from_nought_and_with_one_answer_each() -> None:
    template = a_full_template()
    before = count_questions(template, {("seen-alone", "yes"): 1})
    now = count_questions(template, {("seen-alone", "no"): 1})
    (fell, *_), (rose, *_) = question_changes(now, before, minimum=1), question_changes(before, now, minimum=1)
    assert (fell.difference, rose.difference) == (Fraction(-1), Fraction(1))
    assert fell.interval == newcombe_difference(0, 1, 1, 1)
    assert fell.change is Change.NO_CLEAR_CHANGE
    assert {each.question.key for each in question_changes(now, before, minimum=1)} == {"seen-alone", "visits"}
    (nothing, *_) = question_changes(count_questions(template, {}), before, minimum=1)
    assert (nothing.difference, nothing.interval, nothing.change) == (None, None, Change.TOO_FEW)
    assert question_changes(now, [], minimum=1) == ()
    with pytest.raises(ValueError, match="minimum"):
        question_changes(now, before, minimum=0)


def test_every_change_and_method_has_a_label() -> None:
    assert [each.label for each in Change] == [
        *("Improved", "Worse", "No clear change", "Too few to say", "Not comparable"),
    ]
    assert [each.label for each in Method] == ["Different cases", "Same cases", "Different cases, weighted"]


@pytest.mark.parametrize(("now", "before"), [((0, 0), (1, 2)), ((1, 2), (0, 0))])
def test_shares_of_none_are_not_compared(now: tuple[int, int], before: tuple[int, int]) -> None:
    assert compare_independent(now, before) is None
    assert voice_of(now, before, minimum=1).change is Change.TOO_FEW
