"""A template with chosen themes only: what goes with those that are left out, and what cannot be asked alone."""

import pytest

from checklists.audits.asking import what_is_asked
from checklists.audits.scope import in_scope, scope_faults
from checklists.audits.scoring import overall_judgement
from checklists.reports.tallies import decode_answers, encode_answers
from checklists.templates.conditions import CaseAsAudited
from checklists.templates.library import load_library_template
from checklists.templates.template_file import check_template
from tests.checklists.full_template import full_template
from tests.checklists.small_template import a_template, plain_template

SMALL = a_template()
FULL = check_template(full_template())


def test_only_chosen_themes_are_asked_in_the_order_of_the_template() -> None:
    found = in_scope(SMALL, ["review", "voice"])
    assert found.theme_keys == ("voice", "review")
    assert [domain.key for domain in found.learning_domains] == ["child", "practice"]
    answers = {"voice": "good", "review": "inadequate"}
    assert decode_answers(found, encode_answers(found, answers)) == answers
    assert what_is_asked(found, CaseAsAudited("child-in-need", "5-to-9")).themes == ("voice", "review")


def test_the_overall_judgement_is_that_of_the_chosen_themes() -> None:
    found = in_scope(SMALL, ["history", "review"])
    assert overall_judgement(found, {"history": "good", "review": "good"}) == "good"


def test_a_learning_domain_without_a_chosen_theme_goes() -> None:
    assert [domain.key for domain in in_scope(SMALL, ["voice"]).learning_domains] == ["child"]


def test_all_themes_or_none_chosen_are_the_whole_template() -> None:
    assert in_scope(SMALL, []) is SMALL
    assert in_scope(SMALL, ["review", "plan", "history", "voice"]) == SMALL


def test_contradictions_and_caps_go_with_their_themes() -> None:
    content = plain_template(
        contradictions=[
            {
                "one": {"theme": "voice", "answers": ["good"]},
                "other": {"theme": "plan", "answers": ["inadequate"]},
                "why": "A plan needs what the child says.",
            }
        ]
    )
    template = check_template(content)
    assert in_scope(template, ["voice", "plan"]).contradictions
    assert not in_scope(template, ["voice", "review"]).contradictions
    assert len(FULL.overall_rule.caps) == 3
    assert [cap.at_best for cap in in_scope(FULL, ["voice"]).overall_rule.caps] == ["inadequate", "cannot-be-judged"]
    assert [cap.at_best for cap in in_scope(FULL, ["history"]).overall_rule.caps] == ["cannot-be-judged"]


def test_a_compliance_percentage_goes_with_the_last_question_that_has_a_standard() -> None:
    assert in_scope(FULL, ["voice", "history"]).compliance is not None
    assert in_scope(FULL, ["history", "review"]).compliance is None


def test_a_theme_that_depends_on_a_question_of_another_needs_that_theme() -> None:
    content = full_template()
    content["learning_domains"][1]["themes"][1]["applies_when"] = {
        "answers": [{"question": "seen-alone", "answers": ["yes"]}]
    }
    template = check_template(content)
    assert scope_faults(template, ["review"]) == ["“Review” depends on a question about “Voice”. Select that too."]
    assert scope_faults(template, ["review", "voice"]) == []
    with pytest.raises(ValueError, match="alone"):
        in_scope(template, ["review"])


def test_unknown_themes_and_none_are_refused() -> None:
    assert "no theme with the key 'other'" in scope_faults(SMALL, ["voice", "other"])[0]
    assert scope_faults(SMALL, []) == ["Select at least one theme."]


@pytest.mark.parametrize(("key", "version"), [("scr-themes", 1), ("scr-themes", 2)])
def test_each_theme_of_the_built_in_template_can_be_chosen(key: str, version: int) -> None:
    template = load_library_template(key, version)
    for theme in template.theme_keys:
        needed = [theme]
        while faults := scope_faults(template, needed):
            needed += [each.key for each in template.themes if f"about “{each.label}”" in faults[0]]
        assert theme in in_scope(template, needed).theme_keys
