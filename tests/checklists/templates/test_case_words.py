"""A template says which statuses, age bands and categories its cases have."""

from datetime import date
from typing import Any

import pytest

from checklists.cases import CHILDRENS_WORDS, AgeBand, AgeRange, CaseStatus, joined_words
from checklists.templates.library import library_keys, load_library_template, newest_number
from checklists.templates.template import Template
from checklists.templates.template_file import check_template, read_template, template_json_schema, write_template
from checklists.templates.versions.differences import differences
from tests.checklists.full_template import full_template
from tests.checklists.templates.test_format_2 import faults_of

STATUSES = [{"key": "concern", "label": "Concern"}, {"key": "enquiry", "label": "Enquiry"}]
BANDS = [
    {"key": "18-to-64", "label": "18 to 64", "at_least": 18, "below": 65},
    {"key": "65-and-over", "label": "65 and over", "at_least": 65},
]
CATEGORIES = [{"key": "self-neglect", "label": "Self-neglect"}]
OWN: dict[str, Any] = {"statuses": STATUSES, "age_bands": BANDS, "categories": CATEGORIES}


def a_file(**entries: Any) -> dict[str, Any]:
    """The full template, in which no condition names a status of children's services alone."""
    file = full_template(**entries)
    file["learning_domains"][1]["themes"][0]["applies_when"] = {"statuses": ["closed"]}
    return file


def a_template(**entries: Any) -> Template:
    return check_template(a_file(**{**OWN, **entries}))


def test_without_lists_of_its_own_a_template_has_those_of_children_s_services() -> None:
    for key in library_keys():
        template = load_library_template(key, newest_number(key))
        assert template.has_own_case_words is (key == "adult-safeguarding")
        if not template.has_own_case_words:
            assert template.case_words == CHILDRENS_WORDS


def test_closed_and_not_known_are_in_every_list() -> None:
    words = a_template().case_words
    assert list(words.statuses.items()) == [("concern", "Concern"), ("enquiry", "Enquiry"), ("closed", "Closed")]
    assert words.age_bands["not-known"] == "Not known"
    assert list(words.categories) == ["self-neglect"]
    assert words.seriousness["enquiry"] > words.seriousness["concern"] > words.seriousness["closed"]


@pytest.mark.parametrize(
    ("born", "band"),
    [
        (date(2008, 5, 4), "18-to-64"),
        (date(2008, 5, 5), "not-known"),
        (date(1961, 5, 5), "18-to-64"),
        (date(1961, 5, 4), "65-and-over"),
        (date(2027, 1, 1), "not-known"),
    ],
)
def test_a_birth_date_becomes_a_band_of_the_template(born: date, band: str) -> None:
    assert a_template().case_words.band_of_birth(born, date(2026, 5, 4)) == band


def test_children_s_bands_are_as_they_were() -> None:
    ages = {-1: "unborn", 0: "under-1", 4: "1-to-4", 9: "5-to-9", 15: "10-to-15", 17: "16-to-17", 18: "18-and-over"}
    assert {age: CHILDRENS_WORDS.band_of_age(age) for age in ages} == ages
    assert list(CHILDRENS_WORDS.statuses) == [status.value for status in CaseStatus]
    assert list(CHILDRENS_WORDS.age_bands) == [band.value for band in AgeBand]
    assert CHILDRENS_WORDS.category_label("childs-disability") == "Child's disability"


def test_it_is_written_and_read_again_and_in_the_schema() -> None:
    template = a_template()
    assert read_template(write_template(template), kind="json") == template
    assert b'"age_bands": [\n    {' not in write_template(check_template(a_file()))
    assert {"statuses", "age_bands", "categories"} <= template_json_schema()["properties"].keys()


@pytest.mark.parametrize(
    ("entries", "at", "said"),
    [
        ({"statuses": [*STATUSES, STATUSES[0]]}, "/statuses/2/key", "Two entries have the key"),
        ({"statuses": [{"key": "child-in-need", "label": "Adult"}]}, "/statuses/0/key", "kept for “Child in need”"),
        ({"categories": [{"key": "Neglect!", "label": "Neglect"}]}, "/categories/0/key", ""),
        ({"age_bands": [{"key": "old", "label": "Old", "below": 65}]}, "/age_bands/0/at_least", "Say at which age"),
        ({"age_bands": [{**BANDS[0], "below": 18}]}, "/age_bands/0/below", "ends before it begins"),
        ({"age_bands": [*BANDS, {"key": "x", "label": "X", "at_least": 60}]}, "/age_bands/2/at_least", "two bands"),
        ({"age_bands": [{**BANDS[0], "colour": "red"}]}, "/age_bands/0/colour", ""),
        ({"format": "caseaudit-template/1"}, "/statuses", "Only format 2"),
    ],
)
def test_a_bad_list_is_refused_at_its_place(entries: dict[str, Any], at: str, said: str) -> None:
    found = faults_of(a_file(**{**OWN, **entries}))
    assert [words for place, words in found if place == at and said in words], found


def test_a_condition_names_words_of_the_template_only() -> None:
    file = a_file(**OWN)
    theme = file["learning_domains"][0]["themes"][0]
    theme["applies_when"] = {"statuses": ["enquiry", "closed"], "age_bands": ["65-and-over", "not-known"]}
    assert check_template(file).themes[0].applies_when is not None
    theme["applies_when"] = {"statuses": ["child-in-need"], "age_bands": ["5-to-9"]}
    places = [place for place, _ in faults_of(file)]
    at = "/learning_domains/0/themes/0/applies_when"
    assert {f"{at}/statuses/0", f"{at}/age_bands/0"} <= set(places)


def test_a_case_of_another_kind_is_told_from_one_that_fits() -> None:
    template = a_template()
    assert template.case_fault("enquiry", "not-known") == ""
    assert template.case_fault("closed", "18-to-64") == ""
    assert "The status of this case is not among" in template.case_fault("child-in-need", "18-to-64")
    assert "The status and the age band" in template.case_fault("child-in-need", "5-to-9")


def test_two_versions_tell_that_the_lists_differ() -> None:
    (found,) = [each for each in differences(a_template(), check_template(a_file())) if each.kind == "template"]
    assert found.entries == ("statuses of cases", "age bands", "categories of cases")


def test_of_two_labels_of_one_key_the_first_counts() -> None:
    other = a_template(statuses=[{"key": "enquiry", "label": "Other enquiry"}]).case_words
    assert joined_words([a_template().case_words, other]).status_label("enquiry") == "Enquiry"
    assert joined_words([CHILDRENS_WORDS, other]).status_label("gone-by-now") == "Gone by now"


def test_each_age_of_a_child_is_in_one_band_to_the_day_before_the_next() -> None:
    first_of_each = {0: "under-1", 1: "1-to-4", 5: "5-to-9", 10: "10-to-15", 16: "16-to-17", 18: "18-and-over"}
    band = "unborn"
    for years in range(-1, 31):
        band = first_of_each.get(years, band)
        assert CHILDRENS_WORDS.band_of_age(years) == band
        assert CHILDRENS_WORDS.band_of_birth(date(2030 - years, 5, 4), date(2030, 5, 4)) == band
    assert CHILDRENS_WORDS.band_of_birth(date(2025, 5, 5), date(2030, 5, 4)) == "1-to-4"
    assert CHILDRENS_WORDS.band_of_birth(date(2030, 5, 5), date(2030, 5, 4)) == "unborn"
    assert CHILDRENS_WORDS.band_of_birth(date(2012, 2, 29), date(2017, 2, 28)) == "1-to-4"
    assert (CHILDRENS_WORDS.oldest, a_template().case_words.oldest) == (30, 120)
    assert [AgeRange("a", 5, 10).holds(age) for age in (4, 5, 9, 10)] == [False, True, True, False]
    assert [AgeRange("a", 18).holds(age) for age in (17, 18, 99)] == [False, True, True]


def test_a_word_has_its_label_or_its_key_in_plain_words() -> None:
    words = a_template().case_words
    assert [words.status_label(key) for key in ("concern", "not-in-any")] == ["Concern", "Not in any"]
    assert [words.age_label(key) for key in ("18-to-64", "not-in-any")] == ["18 to 64", "Not in any"]
    assert [words.category_label(key) for key in ("self-neglect", "not-in-any")] == ["Self-neglect", "Not in any"]
    assert CHILDRENS_WORDS.status_label("child-in-need") == "Child in need"
    assert CHILDRENS_WORDS.age_label("1-to-4") == "1 to 4"
    assert CHILDRENS_WORDS.category_label("physical-abuse") == "Physical abuse"
    both = joined_words([words, CHILDRENS_WORDS])
    assert {"concern", "child-in-need"} <= both.statuses.keys()
    with pytest.raises(ValueError, match="40"):
        check_template(a_file(**{**OWN, "categories": [{"key": "k" * 41, "label": "K"}]}))
    assert check_template(a_file(**{**OWN, "categories": [{"key": "k" * 40, "label": "K"}]})).case_words.categories
