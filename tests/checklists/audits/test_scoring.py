from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.audits.scoring import (
    lacks_rationale,
    meets_overall,
    missing_themes,
    needs_overall_reason,
    overall_after_agreement,
    overall_choices,
    overall_judgement,
    overall_label,
    overall_rank,
    overall_rule_in_words,
)
from checklists.templates.overall import CANNOT_BE_JUDGED
from checklists.templates.scale import MET_PARTLY_NOT, NOT_APPLICABLE, NOT_ASKED, NOT_EVIDENCED
from checklists.templates.template import NotEvidencedRule
from checklists.templates.template_file import check_template
from tests.checklists.full_template import a_full_template
from tests.checklists.small_template import a_template, theme
from tests.checklists.templates.test_without_ratings import WORDS

TEMPLATE = a_template()
LEFT_OUT = a_template(not_evidenced="left-out")
O, G, R, I = "outstanding", "good", "requires-improvement", "inadequate"  # noqa: E741 - the grades' initials
ANSWERS = TEMPLATE.scale.answers


def judged(voice: str, history: str, plan: str, review: str) -> str | None:
    return overall_judgement(TEMPLATE, {"voice": voice, "history": history, "plan": plan, "review": review})


def test_themes_without_an_answer_are_told_in_template_order() -> None:
    assert missing_themes(TEMPLATE, {}) == ("voice", "history", "plan", "review")
    assert missing_themes(TEMPLATE, {"review": G, "voice": NOT_APPLICABLE}) == ("history", "plan")
    assert missing_themes(TEMPLATE, dict.fromkeys(TEMPLATE.theme_keys, NOT_EVIDENCED)) == ()


def test_the_judgement_is_the_middle_rating_and_the_worse_of_two() -> None:
    assert judged(G, G, O, NOT_APPLICABLE) == G
    assert judged(O, O, G, G) == G
    assert judged(O, O, O, I) == O
    assert judged(O, G, R, I) == R
    assert overall_judgement(TEMPLATE, {"plan": O}) == O


def test_the_order_of_the_themes_makes_no_difference() -> None:
    for answers in permutations([O, G, G, R]):
        assert judged(*answers) == G


def test_not_evidenced_counts_as_the_best_rating_below_the_standard() -> None:
    assert judged(G, NOT_EVIDENCED, NOT_EVIDENCED, NOT_APPLICABLE) == R
    assert judged(G, NOT_EVIDENCED, I, I) == I


def test_a_template_may_leave_not_evidenced_out() -> None:
    assert LEFT_OUT.not_evidenced is NotEvidencedRule.LEFT_OUT
    assert overall_judgement(LEFT_OUT, {"voice": G, "history": NOT_EVIDENCED, "plan": NOT_EVIDENCED}) == G
    assert overall_judgement(LEFT_OUT, {"voice": NOT_EVIDENCED}) is None


def test_nothing_left_to_judge_by_is_no_judgement() -> None:
    assert overall_judgement(TEMPLATE, {}) is None
    assert judged(NOT_APPLICABLE, NOT_APPLICABLE, NOT_APPLICABLE, NOT_APPLICABLE) is None


def test_a_limiting_theme_at_its_worst_keeps_the_judgement_below_the_standard() -> None:
    assert judged(I, O, O, O) == R
    assert judged(O, I, O, O) == O  # "history" does not limit
    assert judged(R, O, O, O) == O  # below the standard, yet not the worst
    assert judged(NOT_EVIDENCED, O, O, O) == O


def test_a_limiting_theme_never_raises_the_judgement() -> None:
    assert judged(I, I, I, O) == I


@given(st.dictionaries(st.sampled_from(TEMPLATE.theme_keys), st.sampled_from(ANSWERS)))
def test_the_judgement_agrees_with_the_rule_worked_out_by_hand(answers: dict[str, str]) -> None:
    as_ratings = [R if answer == NOT_EVIDENCED else answer for answer in answers.values() if answer != NOT_APPLICABLE]
    expected: str | None = None
    for rating in (O, G, R, I):
        # The lower median is the first rating that more than half of the answers reach or beat.
        better = [each for each in as_ratings if [O, G, R, I].index(each) <= [O, G, R, I].index(rating)]
        if len(better) * 2 > len(as_ratings):
            expected = rating
            break
    if answers.get("voice") == I and expected in {O, G}:
        expected = R
    assert overall_judgement(TEMPLATE, answers) == expected


def test_what_is_not_an_answer_is_refused() -> None:
    with pytest.raises(KeyError):
        overall_judgement(TEMPLATE, {"voice": "fair"})


def test_the_rule_is_told_in_the_templates_own_words() -> None:
    rule = overall_rule_in_words(TEMPLATE)
    assert "Not evidenced counts as Requires improvement" in rule
    assert "cannot be better than Requires improvement if Voice is rated Inadequate" in rule
    assert rule.count(". ") == 3
    assert "Not evidenced and not applicable are excluded." in overall_rule_in_words(LEFT_OUT)
    other = a_template(scale=MET_PARTLY_NOT.model_dump())
    assert "counts as Partly met" in overall_rule_in_words(other)


GOOD = dict.fromkeys(TEMPLATE.theme_keys, "good")
WORSE = {**GOOD, "plan": "requires-improvement"}


@pytest.mark.parametrize(
    ("answers", "agreed", "override", "agreed_overall"),
    [
        (GOOD, GOOD, "", "good"),
        (GOOD, GOOD, "outstanding", "outstanding"),
        (GOOD, WORSE, "outstanding", "good"),
        (GOOD, {}, "outstanding", ""),
        ({}, {}, "", ""),
    ],
)
def test_the_auditors_own_judgement_stays_where_the_answers_were_agreed_as_they_are(
    answers: dict[str, str], agreed: dict[str, str], override: str, agreed_overall: str
) -> None:
    assert overall_after_agreement(TEMPLATE, answers, agreed, override) == agreed_overall


@pytest.mark.parametrize(
    ("answers", "agreed", "override", "overall", "is_needed"),
    [
        (GOOD, GOOD, "", "good", False),
        (GOOD, GOOD, "", "outstanding", True),
        (GOOD, WORSE, "outstanding", "outstanding", False),
        (GOOD, GOOD, "outstanding", "inadequate", True),
        (dict.fromkeys(GOOD, "inadequate"), GOOD, "outstanding", "outstanding", True),
        ({}, {}, "", "", False),
        ({}, {}, "good", "good", False),
        (GOOD, {}, "good", "good", True),
    ],
)
def test_another_judgement_than_the_calculated_one_needs_a_reason_unless_the_auditor_gave_it(
    answers: dict[str, str], agreed: dict[str, str], override: str, overall: str, is_needed: bool
) -> None:
    assert needs_overall_reason(TEMPLATE, answers, agreed, override=override, overall=overall) is is_needed


def test_an_answer_below_the_standard_lacks_a_rationale_until_it_has_one() -> None:
    said = [("inadequate", ""), ("inadequate", "Late."), ("good", ""), (NOT_ASKED, "")]
    assert [lacks_rationale(TEMPLATE, answer, words) for answer, words in said] == [True, False, False, False]


def test_a_template_without_ratings_has_no_judgement_to_choose() -> None:
    words_only = check_template(WORDS)
    assert overall_choices(words_only) == ()
    assert overall_judgement(words_only, {}) is None
    assert overall_choices(TEMPLATE) == tuple(rating.key for rating in TEMPLATE.scale.ratings)
    assert overall_choices(a_full_template())[-1] == CANNOT_BE_JUDGED


def test_a_judgement_is_ranked_labelled_and_meets_the_standard_or_not() -> None:
    judgements = ("outstanding", "good", "requires-improvement", CANNOT_BE_JUDGED, "inadequate")
    assert sorted(judgements, key=lambda each: overall_rank(TEMPLATE, each)) == list(judgements)
    assert [meets_overall(TEMPLATE, each) for each in judgements] == [True, True, False, False, False]
    assert [overall_label(TEMPLATE, each) for each in judgements[2:4]] == [
        "Requires improvement",
        "Cannot be judged from the file",
    ]


@pytest.mark.parametrize(
    ("number", "named"), [(10, "T0, T1, T2, T3, T4, T5, T6, T7, T8 or T9"), (11, "any of the limiting themes")]
)
def test_up_to_ten_limiting_themes_are_named(number: int, named: str) -> None:
    themes = [theme(f"t{place}", limiting=True) for place in range(number)]
    template = a_template(learning_domains=[{"key": "all", "title": "All", "themes": themes}])
    assert f"cannot be better than Requires improvement if {named} is rated Inadequate" in overall_rule_in_words(
        template
    )
