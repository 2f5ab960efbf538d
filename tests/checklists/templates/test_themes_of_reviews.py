"""The third version of the themes from reviews: what it keeps of its source, what it adds, and how it judges."""

from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.audits.asking import what_is_asked
from checklists.audits.scoring import (
    best_allowed,
    best_with_reason,
    caps_reached,
    exceeds_every_reason,
    exceeds_rule,
    overall_judgement,
    overall_rank,
    overall_rule_in_words,
    reasons_wanted,
)
from checklists.cases import AgeBand, CaseStatus
from checklists.templates.conditions import CaseAsAudited
from checklists.templates.library import load_library_template
from checklists.templates.overall import CANNOT_BE_JUDGED
from checklists.templates.parts import TagKind

SECOND = load_library_template("scr-themes", 2)
THEMES = load_library_template("scr-themes", 3)
ADDED = {"identity", "information-sharing", "management-oversight", "parental-substance-use"}
LIMITING = {
    "childrens-lived-experience",
    "neglect",
    "child-sexual-abuse",
    "adolescent-vulnerability",
    "professional-curiosity",
    "assessment-and-planning",
    "domestic-abuse",
}
SEVEN_FAILED = {
    "cumulative-harm",
    "adolescent-vulnerability",
    "assessment-and-planning",
    "multiple-referrals",
    "escalation-and-dissent",
    "parental-capacity",
    "avoidance-and-resistance",
}
FIVE_FAILED = {theme.key for theme in SECOND.themes if theme.limiting}


def answers_of(failed: set[str], *, others: str = "good", added: str = "good") -> dict[str, str]:
    """An answer to each theme: Inadequate to those that failed, and one answer to all others of the source."""
    every = {key: added if key in ADDED else others for key in THEMES.theme_keys}
    return every | dict.fromkeys(failed, "inadequate")


def test_the_fifteen_themes_of_the_source_keep_names_places_and_order() -> None:
    kept = [theme for theme in THEMES.themes if not theme.addition]
    assert [(theme.key, theme.title, theme.display_title, theme.source_place) for theme in kept] == [
        (theme.key, theme.title, theme.display_title, theme.source_place) for theme in SECOND.themes
    ]
    assert [(domain.key, domain.title) for domain in THEMES.learning_domains] == [
        (domain.key, domain.title) for domain in SECOND.learning_domains
    ]


def test_what_the_source_does_not_have_is_marked_and_says_so() -> None:
    assert {theme.key for theme in THEMES.themes if theme.addition} == ADDED
    for key in ADDED:
        assert THEMES.theme(key).finding.startswith("Added to the briefing's themes.")
        assert THEMES.theme(key).source_place == ""
    for word in ("pre-birth", "suicide", "poverty|low income", "adultif|as older", "substance"):
        said = " ".join(
            text
            for theme in THEMES.themes
            for text in (*theme.prompts, theme.where_to_look, *theme.descriptors.values())
        )
        assert any(part in said.lower() for part in word.split("|")), word


def test_every_tag_of_the_source_is_kept_and_each_has_its_kind() -> None:
    kinds = {harm.key: harm.kind for harm in THEMES.forms_of_harm}
    assert {harm.key for harm in SECOND.forms_of_harm} <= set(kinds)
    assert kinds["parental-mental-health"] == kinds["parental-substance-misuse"] == TagKind.PARENT
    assert kinds["engaging-challenging-families"] == TagKind.RELATIONSHIP
    assert kinds["unborn-or-under-1"] == TagKind.CONTEXT
    for harm in ("physical-abuse", "emotional-abuse", "exploitation", "harm-outside-the-home"):
        assert kinds[harm] == TagKind.HARM
    assert THEMES.harm_label("engaging-challenging-families") == "Barriers between the family and services"
    assert not any("challenging" in harm.label.lower() for harm in THEMES.forms_of_harm)


def test_each_tag_bears_most_on_two_to_six_themes_of_nineteen() -> None:
    linked = Counter(key for theme in THEMES.themes for key in theme.forms_of_harm)
    assert {harm.key for harm in THEMES.forms_of_harm} == set(linked)
    assert all(2 <= times <= 6 for times in linked.values()), linked
    assert linked["adolescent-vulnerability"] >= 4


def test_a_baby_is_not_asked_about_adolescence_and_is_asked_about_its_birth() -> None:
    baby = what_is_asked(THEMES, CaseAsAudited(CaseStatus.CHILD_IN_NEED, AgeBand.UNDER_1))
    assert "adolescent-vulnerability" not in baby.themes
    assert {"pre-birth-assessment", "sleeping-place-seen", "mark-on-non-mobile-child"} <= set(baby.questions)
    assert "seen-alone" not in baby.questions
    teenager = what_is_asked(THEMES, CaseAsAudited(CaseStatus.CHILD_PROTECTION_PLAN, AgeBand.FROM_16_TO_17))
    assert teenager.themes == THEMES.theme_keys
    assert {"seen-alone", "homeless-16-17", "core-group-attended"} <= set(teenager.questions)
    assert "pre-birth-assessment" not in teenager.questions


def test_the_limiting_themes_are_the_five_and_two_more() -> None:
    assert set(THEMES.overall_rule.caps[0].themes) == LIMITING
    assert FIVE_FAILED < LIMITING
    assert {key for key in THEMES.theme_keys if THEMES.limits_overall(key)} == LIMITING
    assert {key for key in SECOND.theme_keys if SECOND.limits_overall(key)} == FIVE_FAILED
    said = overall_rule_in_words(THEMES)
    assert all(THEMES.theme(key).label in said for key in LIMITING)
    assert "“cannot be judged from the file” if at least 50%" in said


@pytest.mark.parametrize("added", ["good", "not-applicable", "outstanding"])
def test_a_file_with_seven_failed_themes_is_inadequate_and_no_reason_makes_it_good(added: str) -> None:
    answers = answers_of(SEVEN_FAILED, added=added)
    assert overall_judgement(THEMES, answers) == "inadequate"
    assert exceeds_rule(THEMES, answers, "requires-improvement")
    assert reasons_wanted(THEMES, answers, "requires-improvement") == ("Say why the child is safe.",)
    assert best_with_reason(THEMES, answers) == "requires-improvement"
    assert exceeds_every_reason(THEMES, answers, "good")


@pytest.mark.parametrize("others", ["good", "outstanding"])
def test_a_file_that_failed_where_a_child_would_be_unsafe_is_inadequate(others: str) -> None:
    answers = answers_of(FIVE_FAILED, others=others)
    assert overall_judgement(THEMES, answers) == "inadequate"
    assert exceeds_every_reason(THEMES, answers, "good")


@pytest.mark.parametrize("added", ["good", "not-applicable", "not-evidenced"])
def test_a_file_that_shows_hardly_anything_cannot_be_judged(added: str) -> None:
    answers = answers_of(set(), others="not-evidenced", added=added) | {"neglect": "good"}
    assert overall_judgement(THEMES, answers) == CANNOT_BE_JUDGED
    assert exceeds_every_reason(THEMES, answers, "requires-improvement")


def test_the_second_version_goes_on_judging_as_it_did() -> None:
    def second(answers: Mapping[str, str]) -> str | None:
        return overall_judgement(SECOND, {key: answers[key] for key in SECOND.theme_keys})

    assert second(answers_of(SEVEN_FAILED)) == "good"
    assert second(answers_of(FIVE_FAILED)) == "requires-improvement"
    assert second(answers_of(set(), others="not-evidenced") | {"neglect": "good"}) == "requires-improvement"


def test_one_failed_theme_that_does_not_limit_leaves_the_judgement_to_the_auditor() -> None:
    answers = answers_of({"parental-mental-health"})
    assert caps_reached(THEMES, answers) == ()
    assert best_allowed(THEMES, answers) == "outstanding"


def test_two_failed_themes_are_below_the_standard_whatever_the_reason() -> None:
    answers = answers_of({"parental-mental-health", "identity"})
    assert overall_judgement(THEMES, answers) == "requires-improvement"
    assert exceeds_every_reason(THEMES, answers, "good")
    assert reasons_wanted(THEMES, answers, "good") == ()


GRADES = st.sampled_from(["outstanding", "good", "requires-improvement", "inadequate"])


@given(st.lists(GRADES, min_size=19, max_size=19), st.integers(0, 18))
def test_a_worse_rating_never_makes_the_whole_better(grades: list[str], place: int) -> None:
    answers = dict(zip(THEMES.theme_keys, grades, strict=True))
    worse = answers | {THEMES.theme_keys[place]: "inadequate"}
    before, after = overall_judgement(THEMES, answers), overall_judgement(THEMES, worse)
    assert before is not None
    assert after is not None
    assert overall_rank(THEMES, after) >= overall_rank(THEMES, before)
