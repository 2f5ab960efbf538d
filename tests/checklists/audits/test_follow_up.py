"""When an audit needs a follow-up, what that is about, and how what was corrected is counted."""

from collections.abc import Mapping
from fractions import Fraction

import pytest

from checklists.audits.follow_up import (
    LONGEST_WEEKS,
    MOST_WORKING_DAYS,
    SHORTEST_WEEKS,
    FollowedUp,
    FollowUpOutcome,
    FollowUpState,
    LowestRule,
    at_the_lowest,
    counts_of_follow_ups,
    outcome_of_file,
    themes_to_follow,
)
from checklists.templates.template_file import check_template
from tests.checklists.templates.test_without_ratings import WORDS
from tests.desk import SMALL

TEMPLATE = check_template(SMALL)
ALL_GOOD = dict.fromkeys(TEMPLATE.theme_keys, "good")
RIGHT, PARTLY, NOT = FollowUpOutcome.CORRECTED, FollowUpOutcome.PARTLY, FollowUpOutcome.NOT


@pytest.mark.parametrize(
    ("rule", "answers", "overall", "expected"),
    [
        (LowestRule(overall=True), {}, "inadequate", LowestRule(overall=True)),
        (LowestRule(overall=True), {"voice": "inadequate"}, "requires-improvement", LowestRule()),
        (LowestRule(overall=True), {}, None, LowestRule()),
        (LowestRule(themes=("voice",)), {"voice": "inadequate"}, "good", LowestRule(themes=("voice",))),
        (LowestRule(themes=("voice",)), {"planning": "inadequate"}, "inadequate", LowestRule()),
        (LowestRule(themes=("voice",)), {"voice": "requires-improvement"}, "good", LowestRule()),
        (LowestRule(themes=("voice",)), {"voice": "not-evidenced"}, "good", LowestRule()),
        (
            LowestRule(overall=True, themes=("planning", "voice")),
            {"voice": "inadequate", "planning": "inadequate"},
            "inadequate",
            LowestRule(overall=True, themes=("voice", "planning")),
        ),
        (LowestRule(), {"voice": "inadequate"}, "inadequate", LowestRule()),
    ],
)
def test_an_audit_meets_the_rule_where_what_it_names_is_at_the_lowest_rating(
    rule: LowestRule, answers: Mapping[str, str], overall: str | None, expected: LowestRule
) -> None:
    found = at_the_lowest(rule, TEMPLATE, {**ALL_GOOD, **answers}, overall)
    assert found == expected
    assert bool(found) is (expected != LowestRule())


def test_every_outcome_has_its_words() -> None:
    assert [each.label for each in FollowUpOutcome] == ["Corrected", "Partly corrected", "Not corrected"]


def test_a_template_without_ratings_has_no_lowest_rating() -> None:
    template = check_template(WORDS)
    assert not at_the_lowest(LowestRule(overall=True, themes=template.theme_keys), template, {}, None)


def test_two_rules_together_are_met_where_either_is() -> None:
    both = LowestRule(overall=True, themes=("voice",)) | LowestRule(themes=("planning", "voice"))
    assert both == LowestRule(overall=True, themes=("voice", "planning"))


def test_a_follow_up_is_about_what_fell_short_and_nothing_else() -> None:
    answers = {**ALL_GOOD, "voice": "inadequate", "planning": "requires-improvement", "challenge": "not-evidenced"}
    assert themes_to_follow(TEMPLATE, answers) == ("voice", "planning", "challenge")


def test_where_only_the_overall_judgement_is_low_it_is_about_every_theme_that_applies() -> None:
    assert themes_to_follow(TEMPLATE, {**ALL_GOOD, "planning": "not-applicable", "challenge": "not-asked"}) == (
        "voice",
        "daily-life",
    )


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ((RIGHT, RIGHT), RIGHT),
        ((RIGHT, PARTLY), PARTLY),
        ((RIGHT, NOT), PARTLY),
        ((PARTLY, NOT), PARTLY),
        ((PARTLY,), PARTLY),
        ((NOT, NOT), NOT),
    ],
)
def test_a_file_is_put_right_when_every_theme_is(
    outcomes: tuple[FollowUpOutcome, ...], expected: FollowUpOutcome
) -> None:
    assert outcome_of_file(outcomes) is expected


def test_a_file_without_a_theme_has_no_outcome() -> None:
    with pytest.raises(ValueError, match="at least one theme"):
        outcome_of_file(())


def test_the_figures_count_files_themes_and_days() -> None:
    counts = counts_of_follow_ups(
        [
            FollowedUp(notified_in_time=True, outcomes=(RIGHT, RIGHT), days=20),
            FollowedUp(notified_in_time=True, outcomes=(RIGHT, NOT), days=31),
            FollowedUp(notified_in_time=False, outcomes=(NOT,), days=60),
            FollowedUp(notified_in_time=True, outcomes=(RIGHT,), days=22),
            FollowedUp(notified_in_time=False),
            FollowedUp(),
        ]
    )
    assert (counts.found, counts.notified_in_time, counts.notified_late, counts.not_notified) == (6, 3, 2, 1)
    assert counts.done == 4
    assert counts.files == {RIGHT: 2, PARTLY: 1, NOT: 1}
    assert counts.themes == {RIGHT: 4, PARTLY: 0, NOT: 2}
    assert counts.themes_followed_up == 6
    assert counts.median_days == Fraction(53, 2)


def test_where_nothing_is_followed_up_there_is_no_median() -> None:
    counts = counts_of_follow_ups([FollowedUp()])
    assert (counts.found, counts.done, counts.themes_followed_up, counts.median_days) == (1, 0, 0, None)


def test_every_state_has_its_words_and_each_limit_is_as_it_is_said() -> None:
    assert [each.label for each in FollowUpState] == ["No reader yet", "Allocated", "Done", "Not needed"]
    assert (SHORTEST_WEEKS, LONGEST_WEEKS, MOST_WORKING_DAYS) == (1, 52, 20)
