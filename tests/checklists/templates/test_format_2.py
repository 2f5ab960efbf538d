"""Format 2: what it adds is read, refused with its place, written back, and never allowed in format 1."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from checklists.templates.conditions import CaseAsAudited
from checklists.templates.faults import TemplateRefused
from checklists.templates.rules import MOST_ANSWERS, size_faults
from checklists.templates.template import Template
from checklists.templates.template_file import check_template, read_template, template_json_schema, write_template
from tests.checklists.full_template import a_full_template, full_template
from tests.checklists.small_template import plain_template

SCHEMA = Draft202012Validator(template_json_schema())
THEME = "/learning_domains/0/themes/0"
QUESTION = f"{THEME}/questions/0"


def changed(pointer: str, value: Any, template: dict[str, Any] | None = None) -> dict[str, Any]:
    whole = json.loads(json.dumps(template or full_template()))
    *steps, last = pointer.removeprefix("/").split("/")
    part = whole
    for step in steps:
        part = part[int(step)] if isinstance(part, list) else part[step]
    part[int(last) if isinstance(part, list) else last] = value
    return dict(whole)


def faults_of(template: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(TemplateRefused) as refused:
        check_template(template)
    return [(fault.pointer, fault.message) for fault in refused.value.faults]


def test_everything_that_format_2_adds_is_read_and_written_back_the_same() -> None:
    template = a_full_template()
    assert read_template(write_template(template), kind="json") == template
    assert json.loads(write_template(template)) == full_template()
    assert SCHEMA.is_valid(full_template())


NOT_IN_FORMAT_1: list[tuple[str, Any]] = [
    ("/further_sources", [{"title": "Another"}]),
    ("/words", {"unit": "contact"}),
    ("/overall", {"how": "judged"}),
    ("/texts", {"impact": {"asked": "always"}}),
    ("/targets", {"meeting_percent": 80}),
    ("/compliance", {"bands": []}),
    ("/asks", {"synopsis": True}),
    ("/obstacles", [{"key": "caseload", "label": "Caseload"}]),
    ("/forms_of_harm/0/kind", "parent"),
    ("/forms_of_harm/0/of_case_list", ["neglect"]),
    ("/learning_domains/0/applies_when", {"statuses": ["closed"]}),
    (f"{THEME}/addition", True),
    (f"{THEME}/bears_on_all", True),
    (f"{THEME}/applies_when", {"statuses": ["closed"]}),
    (f"{THEME}/questions", [{"key": "seen", "text": "Was the child seen?", "kind": "yes-no"}]),
]


@pytest.mark.parametrize(("pointer", "value"), NOT_IN_FORMAT_1)
def test_format_1_has_none_of_it_and_says_how_to_mend_it(pointer: str, value: Any) -> None:
    ((at, words),) = faults_of(changed(pointer, value, plain_template()))
    assert at == pointer
    assert "Only format 2 has" in words


BAD: list[tuple[str, Any, str, str]] = [
    (f"{THEME}/limiting", True, f"{THEME}/limiting", "Format 2 has no limiting themes"),
    (f"{QUESTION}/key", "voice", f"{QUESTION}/key", "A theme or another question has the key 'voice'"),
    (f"{QUESTION}/kind", "essay", f"{QUESTION}/kind", "This must be"),
    (
        f"{QUESTION}/choices",
        [{"key": "a", "label": "A"}],
        f"{QUESTION}/choices",
        'Only a question of the kind "choice"',
    ),
    (f"{QUESTION}/meets", ["maybe"], f"{QUESTION}/meets/0", "Use one of yes, no"),
    (f"{QUESTION}/meets", ["yes", "no"], f"{QUESTION}/meets", "Every answer would meet the standard"),
    (f"{QUESTION}/at_most", 3, f"{QUESTION}/at_most", 'Only a question of the kind "number" or "days"'),
    (f"{QUESTION}/text", "a" * 201, f"{QUESTION}/text", "200 characters or fewer"),
    (f"{THEME}/questions/1/choices", [{"key": "a", "label": "A"}], f"{THEME}/questions/1/choices", "at least two"),
    (f"{THEME}/questions/2/at_least", 11, f"{THEME}/questions/2/at_most", "No answer would meet the standard"),
    (f"{THEME}/questions/2/meets", ["3"], f"{THEME}/questions/2/meets", "Use at_least or at_most instead"),
    ("/overall/caps/0/themes", ["nothing"], "/overall/caps/0/themes/0", "no theme with this key"),
    ("/overall/caps/0/at_best", "fine", "/overall/caps/0/at_best", "or cannot-be-judged"),
    ("/overall/caps/0/at_best", "outstanding", "/overall/caps/0/at_best", "This is the best rating, so the cap would"),
    ("/overall/caps/1/in_at_least", 9, "/overall/caps/1/in_at_least", "Only 4 themes count"),
    ("/overall/how", "guessed", "/overall/how", "'calculated' or 'judged'"),
    ("/case_facts/0/choices", [{"key": "a", "label": "A"}], "/case_facts/0/choices", "at least 2 entries"),
    ("/obstacles", [{"key": "a", "label": "A"}] * 2, "/obstacles/1/key", "Two entries have the key 'a'"),
    ("/forms_of_harm/0/of_case_list", ["gone"], "/forms_of_harm/0/of_case_list/0", "no category with this key"),
    ("/compliance/bands/1/at_least", 95, "/compliance/bands", "highest percentage first"),
    (f"{THEME}/applies_when", {}, f"{THEME}/applies_when", "The condition is empty"),
    (f"{THEME}/applies_when", {"statuses": ["gone"]}, f"{THEME}/applies_when/statuses/0", "no status with this key"),
    (f"{THEME}/applies_when", {"involves": ["gone"]}, f"{THEME}/applies_when/involves/0", "no form of harm"),
    (
        f"{THEME}/applies_when",
        {"facts": [{"fact": "gone", "answers": ["a"]}]},
        f"{THEME}/applies_when/facts/0/fact",
        "no case fact",
    ),
    (
        f"{THEME}/applies_when",
        {"facts": [{"fact": "open-for", "answers": ["years"]}]},
        f"{THEME}/applies_when/facts/0/answers/0",
        "Use one of short, long",
    ),
    (
        f"{THEME}/applies_when",
        {"answers": [{"question": "seen-alone", "answers": ["yes"]}]},
        f"{THEME}/applies_when/answers/0/question",
        "no question asked before this",
    ),
    ("/overall/caps/1/in_at_least", "two", "/overall/caps/1/in_at_least", "a whole number"),
    ("/targets/meeting_percent", 101, "/targets/meeting_percent", "100 or less"),
    ("/source/address", "http://example.org", "/source/address", "https"),
]


@pytest.mark.parametrize(("pointer", "value", "at", "said"), BAD)
def test_a_bad_entry_is_refused_at_its_place(pointer: str, value: Any, at: str, said: str) -> None:
    found = faults_of(changed(pointer, value))
    assert [(place, words) for place, words in found if place == at and said in words], found


def test_a_tag_is_given_by_the_categories_that_it_names_or_by_the_one_of_its_own_key() -> None:
    named = check_template(changed("/forms_of_harm/0/of_case_list", ["childs-disability", "neglect"]))
    first, second, *_ = named.forms_of_harm
    assert (first.categories, second.categories) == (("childs-disability", "neglect"), (second.key,))


def test_a_condition_may_name_a_question_of_an_earlier_theme_only() -> None:
    named = {"answers": [{"question": "seen-alone", "answers": ["no"]}]}
    assert check_template(changed("/learning_domains/0/themes/1/applies_when", named)).has_conditions
    assert check_template(changed(f"{THEME}/questions/1/applies_when", named)).has_conditions
    assert faults_of(changed(f"{QUESTION}/applies_when", named))


def test_too_many_answers_in_the_deepest_list_are_refused_before_they_are_read() -> None:
    named = {"answers": [{"question": "seen-alone", "answers": ["no"] * 1_000}]}
    (fault,) = faults_of(changed(f"{THEME}/questions/1/applies_when", named))
    assert fault == (
        f"{THEME}/questions/1/applies_when/answers/0/answers",
        f"There are too many entries. Enter up to {MOST_ANSWERS}.",
    )


def test_an_object_of_too_many_entries_is_refused_before_they_are_read() -> None:
    most, more = ({f"entry-{number}": 1 for number in range(size)} for size in (60, 61))
    assert size_faults({"words": most}) == []
    assert size_faults({"words": more}) == [(("words",), "There are too many entries. Enter up to 60.")]


def test_a_question_says_which_answers_it_takes_and_which_meet_its_standard() -> None:
    template = a_full_template()
    alone, where, visits, month = (template.question(key) for key in ("seen-alone", "where", "visits", "chronology"))
    assert [alone.is_answer(each) for each in ("yes", "no", "partly", "not-evidenced", "not-applicable")] == [
        True,
        True,
        False,
        True,
        False,
    ]
    assert [alone.meets_standard(each) for each in ("yes", "no", "not-evidenced")] == [True, False, False]
    assert where.is_answer("not-applicable")
    assert not where.has_standard
    assert not where.is_applicable("home")
    assert [alone.is_applicable(each) for each in ("no", "not-evidenced", "not-applicable")] == [True, True, False]
    assert [visits.is_answer(each) for each in ("0", "9999", "10000", "-1", "1.5", "", "007", "many")] == [
        True,
        True,
    ] + [False] * 6
    assert [visits.meets_standard(each) for each in ("1", "2", "10", "11")] == [False, True, True, False]
    assert visits.standard_in_words == "2 to 10 days"
    assert [month.is_answer(each) for each in ("2026-03", "2026-13", "2026-3", "March 2026")] == [
        True,
        False,
        False,
        False,
    ]
    assert [month.label_of("2026-03"), visits.label_of("1"), alone.label_of("not-evidenced")] == [
        "March 2026",
        "1 day",
        "Not evidenced",
    ]


def test_a_fact_is_filled_from_a_number_or_a_word_of_a_case_list() -> None:
    open_for, category = a_full_template().fact("open-for"), a_full_template().fact("category")
    assert [open_for.choice_of_number(months) for months in (0, 5, 6, 600)] == ["short", "short", "long", "long"]
    assert [category.choice_of_word(word) for word in ("neglect", "physical-abuse", "low-income")] == [
        "neglect",
        "abuse",
        "",
    ]


def test_the_boxes_of_an_answer_follow_the_template() -> None:
    new, old = a_full_template(), check_template(plain_template())

    def boxes(template: Template, answer: str) -> list[str]:
        return [name for name in ("rationale", "impact", "evidence") if template.asks_text(name, answer)]

    assert boxes(new, "good") == ["rationale", "evidence"]
    assert boxes(new, "inadequate") == ["rationale", "impact"]
    assert boxes(old, "good") == boxes(old, "not-applicable") == ["rationale", "impact", "evidence"]
    assert new.needs_text("impact", "inadequate")
    assert not new.needs_text("impact", "good")
    for template in (new, old):
        assert [template.needs_rationale(each) for each in ("good", "inadequate", "not-applicable")] == [
            False,
            True,
            True,
        ]


def test_a_condition_holds_when_each_of_its_entries_does() -> None:
    condition = a_full_template().theme("plan").applies_when
    assert condition is not None
    holds = {"status": "child-protection-plan", "age_band": "under-1", "involves": frozenset({"fear"})}
    assert condition.holds(CaseAsAudited(**holds))  # type: ignore[arg-type]
    assert not condition.holds(CaseAsAudited(**{**holds, "status": "closed"}))  # type: ignore[arg-type]
    assert not condition.holds(CaseAsAudited(**{**holds, "involves": frozenset()}))  # type: ignore[arg-type]
