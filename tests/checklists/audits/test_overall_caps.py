"""The overall judgement under a template's caps: what no rule may call good, and what is monotone."""

import random
from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checklists.audits.scoring import (
    best_allowed,
    exceeds_every_reason,
    exceeds_rule,
    overall_choices,
    overall_judgement,
    overall_label,
    overall_rank,
    overall_rule_in_words,
    reasons_wanted,
)
from checklists.templates.overall import Cap, HowJudged, OverallRule, limiting_caps
from checklists.templates.scale import NOT_APPLICABLE, NOT_EVIDENCED
from checklists.templates.template import Template
from checklists.templates.template_file import check_template
from tests.checklists.full_template import a_full_template
from tests.checklists.small_template import a_template, plain_template, theme

RATINGS = ("outstanding", "good", "requires-improvement", "inadequate")
ANSWERS = (*RATINGS, NOT_EVIDENCED, NOT_APPLICABLE)
LARGE = 15


def small(*caps: dict[str, Any], **entries: Any) -> Template:
    """Four themes under these caps."""
    plain = plain_template(format="caseaudit-template/2", overall={"how": "judged", "caps": list(caps)}, **entries)
    for domain in plain["learning_domains"]:
        domain["themes"] = [{**each, "limiting": False} for each in domain["themes"]]
    return check_template(plain)


def large(*caps: dict[str, Any]) -> Template:
    """Fifteen themes, t0 to t14, under these caps."""
    themes = [theme(f"t{number}") for number in range(LARGE)]
    return check_template(
        plain_template(
            format="caseaudit-template/2",
            forms_of_harm=[],
            learning_domains=[{"key": "all", "title": "All", "themes": themes}],
            overall={"how": "judged", "caps": list(caps)},
        )
    )


LIMITING = {
    "themes": [f"t{number}" for number in range(7)],
    "at_best": "inadequate",
    "unless": "Say why the child is safe.",
}
TWO_LOWEST = {"in_at_least": 2, "at_best": "requires-improvement"}
HALF_NOT_EVIDENCED = {"answer": "not-evidenced", "in_at_least_percent": 50, "at_best": "cannot-be-judged"}
CAPPED = large(LIMITING, TWO_LOWEST, HALF_NOT_EVIDENCED)


def answered(*answers: str) -> dict[str, str]:
    return {f"t{number}": answer for number, answer in enumerate(answers)}


def test_a_failed_case_is_never_good_and_one_that_nobody_could_read_is_not_judged() -> None:
    seven_lowest = answered(*["good"] * 7, *["inadequate"] * 7, "good")
    assert overall_judgement(large(), seven_lowest) == "good"
    assert overall_judgement(CAPPED, seven_lowest) == "requires-improvement"
    assert overall_judgement(CAPPED, answered(*["inadequate"] * 5, *["good"] * 10)) == "inadequate"
    assert overall_judgement(CAPPED, answered(*[NOT_EVIDENCED] * 14, "good")) == "cannot-be-judged"


def test_a_reason_lifts_a_cap_that_asks_for_one_and_no_other() -> None:
    one_limiting = answered("inadequate", *["good"] * 14)
    assert best_allowed(CAPPED, one_limiting) == "inadequate"
    assert exceeds_rule(CAPPED, one_limiting, "good")
    assert not exceeds_every_reason(CAPPED, one_limiting, "good")
    assert reasons_wanted(CAPPED, one_limiting, "good") == ("Say why the child is safe.",)
    assert reasons_wanted(CAPPED, one_limiting, "inadequate") == ()
    two_others = answered(*["good"] * 13, "inadequate", "inadequate")
    assert exceeds_every_reason(CAPPED, two_others, "good")
    assert not exceeds_every_reason(CAPPED, two_others, "requires-improvement")


def test_a_case_that_failed_is_not_hidden_behind_one_that_cannot_be_judged() -> None:
    mostly_empty = answered(*[NOT_EVIDENCED] * 14, "good")
    assert exceeds_every_reason(CAPPED, mostly_empty, "requires-improvement")
    assert not exceeds_rule(CAPPED, mostly_empty, "inadequate")
    failed_too = answered("inadequate", *[NOT_EVIDENCED] * 14)
    assert overall_judgement(CAPPED, failed_too) == "inadequate"
    assert exceeds_rule(CAPPED, failed_too, "cannot-be-judged")


def test_only_applicable_answers_are_in_a_percentage() -> None:
    template = small({"in_at_least_percent": 50, "at_best": "inadequate"})
    answers = {"voice": "inadequate", "history": "good", "plan": NOT_APPLICABLE, "review": NOT_APPLICABLE}
    assert overall_judgement(template, answers) == "inadequate"
    assert overall_judgement(template, {**answers, "plan": "good"}) == "good"
    assert overall_judgement(template, {"plan": NOT_APPLICABLE}) is None


def test_nothing_but_not_evidenced_cannot_be_judged_where_it_is_left_out_too() -> None:
    template = small(
        {"answer": "not-evidenced", "in_at_least_percent": 50, "at_best": "cannot-be-judged"},
        not_evidenced="left-out",
    )
    assert overall_judgement(template, dict.fromkeys(template.theme_keys, NOT_EVIDENCED)) == "cannot-be-judged"


def test_published_templates_of_format_1_keep_their_rule() -> None:
    old = a_template()
    assert overall_choices(old) == RATINGS
    answers = {"voice": "inadequate", "history": "good", "plan": "good", "review": "good"}
    assert overall_judgement(old, answers) == "requires-improvement"
    assert exceeds_rule(old, answers, "good")
    assert not exceeds_every_reason(old, answers, "outstanding")


def test_the_rule_is_told_in_words() -> None:
    words = overall_rule_in_words(a_full_template())
    assert words.startswith("The auditor chooses the overall judgement, with reasons, before the calculated")
    assert (
        "cannot be better than Inadequate if Voice or Plan is rated Inadequate unless the auditor gives a reason"
        in words
    )
    assert "cannot be better than Requires improvement if at least 2 themes are rated Inadequate." in words
    assert "“cannot be judged from the file” if at least 50% of the applicable themes are Not evidenced." in words
    assert overall_label(a_full_template(), "cannot-be-judged") == "Cannot be judged from the file"


CAPS = st.lists(
    st.fixed_dictionaries(
        {"at_best": st.sampled_from([*RATINGS[1:], "cannot-be-judged"])},
        optional={
            "themes": st.lists(st.sampled_from(["voice", "history", "plan", "review"]), min_size=1, unique=True),
            "answer": st.sampled_from(["lowest", "not-evidenced"]),
            "in_at_least": st.just(1),
            "in_at_least_percent": st.integers(1, 100),
        },
    ),
    max_size=3,
)


def check_is_monotone(template: Template, answers: Mapping[str, str], *, only: str = "") -> int:
    """Hold every single better answer against these; how many were compared.

    A better rating never gives a worse judgement, and neither does a rating in place of "not evidenced" that is at
    least the one which "not evidenced" counts as.
    """
    before = overall_judgement(template, answers)
    if before is None:
        return 0
    compared = 0
    below = template.scale.position(template.scale.best_below_standard)
    for key, answer in answers.items() if not only else [(only, answers[only])]:
        if answer == NOT_EVIDENCED:
            better = RATINGS[: below + 1]
        elif answer == NOT_APPLICABLE:
            continue
        else:
            better = RATINGS[: template.scale.position(answer)]
        for rating in better:
            after = overall_judgement(template, {**answers, key: rating})
            assert after is not None
            assert overall_rank(template, after) <= overall_rank(template, before), (answers, key, rating)
            compared += 1
    return compared


@settings(max_examples=15)
@given(CAPS)
def test_over_all_vectors_of_a_small_template_a_better_answer_never_gives_a_worse_judgement(
    caps: list[dict[str, Any]],
) -> None:
    template = small(*caps)
    for answers in product(ANSWERS, repeat=3):
        check_is_monotone(template, dict(zip(template.theme_keys, (*answers, "good"), strict=True)))


@given(st.lists(st.sampled_from(ANSWERS), min_size=LARGE, max_size=LARGE))
def test_the_calculated_judgement_never_exceeds_the_caps_of_a_large_template(answers: list[str]) -> None:
    given_answers = answered(*answers)
    overall = overall_judgement(CAPPED, given_answers)
    assert overall is None or not exceeds_rule(CAPPED, given_answers, overall)
    check_is_monotone(CAPPED, given_answers)


def test_a_rule_that_counted_good_answers_as_low_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(_: Template, answers: Mapping[str, str]) -> str:
        return "inadequate" if list(answers.values()).count("good") > 1 else "outstanding"

    monkeypatch.setattr("checklists.audits.scoring.best_allowed", wrong)
    with pytest.raises(AssertionError):
        check_is_monotone(small(), {"voice": "good", "history": "requires-improvement", "plan": "outstanding"})


@pytest.mark.trial
def test_over_100_000_random_audits_of_a_large_template_a_better_answer_never_gives_a_worse_judgement() -> None:
    chance = random.Random(20261128)
    compared = 0
    for _ in range(100_000):
        weights = [chance.random() for _ in ANSWERS]
        answers = answered(*chance.choices(ANSWERS, weights, k=LARGE))
        key = chance.choice(list(answers))
        compared += check_is_monotone(CAPPED, answers, only=key)
        overall = overall_judgement(CAPPED, answers)
        assert overall is None or not exceeds_rule(CAPPED, answers, overall)
    print(f"100,000 random audits: {compared:,} better answers compared, none gave a worse judgement")


@pytest.mark.trial
def test_over_every_vector_of_a_small_template_a_better_answer_never_gives_a_worse_judgement() -> None:
    template = small({"themes": ["voice"], "at_best": "inadequate"}, TWO_LOWEST, HALF_NOT_EVIDENCED)
    compared = sum(
        check_is_monotone(template, dict(zip(template.theme_keys, answers, strict=True)))
        for answers in product(ANSWERS, repeat=4)
    )
    print(f"{len(ANSWERS) ** 4:,} vectors of four themes: {compared:,} better answers, none gave a worse judgement")


@pytest.mark.parametrize(
    ("numbers", "answering", "applicable", "is_reached"),
    [
        ({}, 1, 4, True),
        ({}, 0, 4, False),
        ({"in_at_least": 2}, 2, 9, True),
        ({"in_at_least": 2}, 1, 1, False),
        ({"in_at_least_percent": 40}, 40, 100, True),
        ({"in_at_least_percent": 40}, 39, 100, False),
        ({"in_at_least_percent": 100}, 0, 0, False),
        ({"in_at_least_percent": 1}, 1, 100, True),
        ({"in_at_least_percent": 1}, 0, 1, False),
        ({"in_at_least": 3, "in_at_least_percent": 50}, 1, 2, True),
        ({"in_at_least": 3, "in_at_least_percent": 50}, 3, 100, True),
        ({"in_at_least": 3, "in_at_least_percent": 50}, 2, 100, False),
    ],
)
def test_a_cap_is_reached_by_a_number_or_a_percentage(
    numbers: dict[str, int], answering: int, applicable: int, is_reached: bool
) -> None:
    cap = Cap.model_validate({"at_best": "good", **numbers})
    assert cap.is_reached(answering, applicable) is is_reached


def test_who_comes_to_the_judgement_is_said() -> None:
    assert [how.label for how in HowJudged] == [
        "Calculated from the ratings",
        "Chosen by the auditor, with reasons, before the calculated judgement is shown",
    ]
    assert [OverallRule(how=how).auditor_chooses for how in HowJudged] == [False, True]
    assert limiting_caps([], "good") == ()
    assert [cap.themes for cap in limiting_caps(["t1"], "good")] == [("t1",)]
