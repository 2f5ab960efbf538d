"""Two versions of a template: what differs, what may still be compared, and format 1 written in format 2."""

from itertools import product
from typing import Any

import pytest

from checklists.audits.scoring import exceeds_rule, overall_judgement
from checklists.templates.format_2 import FORMAT_2
from checklists.templates.library import library_keys, library_numbers, load_library_template
from checklists.templates.template_file import check_template, read_template, write_template
from checklists.templates.versions.converting import changes_on_converting, in_format_2
from checklists.templates.versions.differences import Changed, Difference, PartKind, differences
from tests.checklists.full_template import a_full_template
from tests.checklists.small_template import a_template
from tests.checklists.templates.test_format_2 import QUESTION, THEME, changed


def test_a_template_of_format_1_judges_every_vector_of_answers_the_same_in_format_2() -> None:
    template = a_template()
    converted = in_format_2(template)
    assert converted.format == FORMAT_2
    assert (converted.text_rules, converted.own_words) == (template.text_rules, template.own_words)
    ratings = [rating.key for rating in template.scale.ratings]
    for vector in product(template.scale.answers, repeat=len(template.theme_keys)):
        answers = dict(zip(template.theme_keys, vector, strict=True))
        assert overall_judgement(converted, answers) == overall_judgement(template, answers)
        for overall in ratings:
            assert exceeds_rule(converted, answers, overall) == exceeds_rule(template, answers, overall)


def test_converting_changes_nothing_else_and_is_done_once() -> None:
    for template in (load_library_template(key, number) for key in library_keys() for number in library_numbers(key)):
        converted = in_format_2(template)
        assert in_format_2(converted) == converted
        assert read_template(write_template(converted), kind="json") == converted
        if not template.is_format_1:
            assert converted == template
            continue
        (whole, *others) = differences(converted, template)
        assert set(whole.entries) == {"format", "words", "overall judgement", "text boxes for an answer"}
        assert {each.entries for each in others} <= {("limit on the overall judgement",)}
        assert all(each.comparable for each in others)


def test_what_changes_on_converting_is_said_first() -> None:
    said = " ".join(changes_on_converting(a_template()))
    assert "cannot be better than Requires improvement if any of “Voice” is rated Inadequate" in said
    assert "Cannot be judged from the file" in said
    unlimited = a_template(learning_domains=[a_template().learning_domains[1].model_dump()])
    assert "so there is no cap" in " ".join(changes_on_converting(unlimited))
    assert changes_on_converting(a_full_template()) == ()


def test_a_template_does_not_differ_from_itself() -> None:
    assert differences(a_full_template(), a_full_template()) == ()


CHANGES: list[tuple[str, Any, PartKind, str, str, bool | None]] = [
    ("/title", "Another", PartKind.TEMPLATE, "full", "title", None),
    ("/overall/how", "calculated", PartKind.TEMPLATE, "full", "overall judgement", None),
    ("/scale/ratings/0/label", "Excellent", PartKind.RATING, "outstanding", "label", None),
    ("/forms_of_harm/0/label", "Terror", PartKind.FORM_OF_HARM, "fear", "label", None),
    ("/case_facts/0/title", "Open for", PartKind.CASE_FACT, "open-for", "title", True),
    ("/case_facts/0/choices/0/below", 7, PartKind.CASE_FACT, "open-for", "choices", False),
    ("/learning_domains/1/title", "Work", PartKind.LEARNING_DOMAIN, "practice", "title", None),
    (f"{THEME}/prompts", ["What?"], PartKind.THEME, "voice", "prompts", True),
    (f"{THEME}/applies_when", {"statuses": ["closed"]}, PartKind.THEME, "voice", "when it applies", False),
    (f"{QUESTION}/text", "Alone?", PartKind.QUESTION, "seen-alone", "text", True),
    (f"{QUESTION}/kind", "yes-partly-no", PartKind.QUESTION, "seen-alone", "kind", False),
    (f"{QUESTION}/meets", ["no"], PartKind.QUESTION, "seen-alone", "standard", False),
    (f"{THEME}/questions/2/at_most", 20, PartKind.QUESTION, "visits", "standard", False),
    (f"{THEME}/questions/1/choices/0/label", "In the home", PartKind.QUESTION, "where", "choices", True),
]


@pytest.mark.parametrize(("pointer", "value", "kind", "key", "entry", "comparable"), CHANGES)
def test_a_change_is_told_at_its_part_with_whether_reports_may_compare(
    pointer: str, value: Any, kind: PartKind, key: str, entry: str, comparable: bool | None
) -> None:
    (found,) = differences(check_template(changed(pointer, value)), a_full_template())
    assert (found.kind, found.changed, found.key, found.entries) == (kind, Changed.CHANGED, key, (entry,))
    assert found.comparable is comparable
    assert bool(found.reason) == (comparable is False)


def test_what_is_added_and_removed_is_told_with_its_questions() -> None:
    whole = a_full_template()
    less = check_template(
        {**whole.model_dump(), "learning_domains": whole.model_dump()["learning_domains"][:1], "overall": None}
    )
    removed = {(each.kind, each.key) for each in differences(less, whole) if each.changed is Changed.REMOVED}
    assert removed == {(PartKind.LEARNING_DOMAIN, "practice"), (PartKind.THEME, "plan"), (PartKind.THEME, "review")}
    gone = [each for each in differences(less, whole) if each.changed is Changed.REMOVED]
    assert [each.comparable for each in gone] == [None, False, False]
    added = [each for each in differences(whole, less) if each.changed is Changed.ADDED]
    assert {(each.kind, each.key) for each in added} == removed
    assert [each.comparable for each in added] == [None, False, False]


def test_a_new_standard_leaves_no_theme_to_compare() -> None:
    found = differences(check_template(changed("/scale/standard", "outstanding")), a_full_template())
    themes = [each for each in found if each.kind is PartKind.THEME]
    assert [each.key for each in themes] == ["voice", "history", "plan", "review"]
    assert {(each.comparable, each.reason) for each in themes} == {(False, "The standard has changed.")}


def test_a_learning_domain_of_other_cases_leaves_none_of_its_themes_to_compare() -> None:
    now = check_template(changed("/learning_domains/1/applies_when", {"statuses": ["closed"]}))
    domain, *themes = differences(now, a_full_template())
    assert (domain.kind, domain.key, domain.entries) == (PartKind.LEARNING_DOMAIN, "practice", ("when it applies",))
    assert [(each.kind, each.key, each.comparable) for each in themes] == [
        (PartKind.THEME, "plan", False),
        (PartKind.THEME, "review", False),
    ]
    assert {each.reason for each in themes} == {"It applies to different cases."}


def test_a_theme_that_moved_is_told() -> None:
    plain = a_full_template().model_dump(mode="json")
    moved = plain["learning_domains"][0]["themes"].pop(1)
    plain["learning_domains"][1]["themes"].append(moved)
    found = differences(check_template(plain), a_full_template())
    assert found == (
        Difference(PartKind.THEME, Changed.CHANGED, "history", "History", ("learning domain",), comparable=True),
    )
