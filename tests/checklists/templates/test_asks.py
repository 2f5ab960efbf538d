"""Bands of compliance and facts about a case: which band a number falls in, and what a case list says of a fact."""

import pytest
from pydantic import ValidationError

from checklists.case_counts import MOST, CaseCount
from checklists.templates.asks import CaseFact, Compliance, FilledFrom, WhenAsked, Words
from checklists.templates.scale import NOT_EVIDENCED

COUNTED = CaseFact.model_validate(
    {
        "key": "times",
        "title": "Times",
        "choices": [
            {"key": "none", "label": "None", "at_least": 0, "below": 1},
            {"key": "few", "label": "1 to 4", "at_least": 1, "below": 5, "of_case_list": ["some"]},
            {"key": "many", "label": "5 to 20", "at_least": 5, "below": 21},
            {"key": "unsaid", "label": "Other"},
        ],
    }
)
OPEN = CaseFact.model_validate(
    {
        "key": "open",
        "title": "Open",
        "choices": [
            {"key": "few", "label": "Few", "at_least": 2, "below": 3},
            {"key": "more", "label": "More", "at_least": 3},
        ],
    }
)


def test_a_number_falls_in_the_band_that_it_begins_and_not_in_the_one_that_it_ends() -> None:
    bands = [COUNTED.choice_of_number(number) for number in (0, 1, 4, 5, 20, 21)]
    assert bands == ["none", "few", "few", "many", "many", ""]
    assert [OPEN.choice_of_number(number) for number in (1, 2, 3, 9_999)] == ["", "few", "more", "more"]


def test_so_many_or_more_falls_only_in_a_band_without_an_end() -> None:
    assert [COUNTED.choice_of_count(number) for number in (1, MOST - 1, MOST)] == ["few", "many", ""]
    assert [OPEN.choice_of_count(number) for number in (1, 2, MOST)] == ["", "few", "more"]


def test_a_fact_has_its_choices_and_that_the_file_does_not_say() -> None:
    answers = ("none", "unsaid", NOT_EVIDENCED, "None", "")
    assert [COUNTED.is_answer(answer) for answer in answers] == [True, True, True, False, False]
    assert [COUNTED.label_of(answer) for answer in answers[:3]] == ["None", "Other", "Not on file"]
    with pytest.raises(KeyError):
        COUNTED.label_of("else")
    assert [COUNTED.choice_of_word(word) for word in ("some", "many", "else")] == ["few", "many", ""]


def test_a_percentage_falls_in_the_best_band_that_it_reaches() -> None:
    bands = [{"at_least": 90, "label": "Met"}, {"at_least": 50, "label": "Partly"}]
    compliance = Compliance.model_validate({"bands": bands})
    assert [compliance.band_of(percent) for percent in (100, 90, 89.9, 50, 49.9)] == [
        "Met",
        "Met",
        "Partly",
        "Partly",
        "",
    ]


def test_what_a_case_list_counts_fills_in_a_fact_in_bands() -> None:
    assert {each.counted for each in FilledFrom} == {None, *CaseCount}
    assert FilledFrom.CATEGORY.counted is None
    assert FilledFrom.PLACEMENTS.counted is CaseCount.PLACEMENTS


def test_when_a_text_is_asked_is_said_and_a_word_has_up_to_forty_characters() -> None:
    assert [when.label for when in WhenAsked] == [
        "With every answer",
        "Below the standard, not evidenced or not applicable",
        "At the standard or above it",
        "Never",
    ]
    assert Words.model_validate({"unit": "c", "units": "c" * 40}).units == "c" * 40
    for wrong in ("", "c" * 41):
        with pytest.raises(ValidationError):
            Words.model_validate({"unit": wrong})
