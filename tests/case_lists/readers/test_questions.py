"""What only people can say is asked, in words that tell no child apart; nothing is guessed meanwhile."""

from collections.abc import Sequence

import pytest

from api.case_lists.readers.reader import read
from api.case_lists.readers.result import ExportContent
from api.documents.reading.refusals import UnreadableError
from checklists.cases import CaseStatus, Category
from tests.case_lists.exports import ON, TABLE_CHOICES, Cell, delimited

NOTHING_ELSE = {key: "" for key in TABLE_CHOICES if key not in {"column:child", "column:status", "column:category"}}


def cases_with(
    *statuses: str, categories: Sequence[str] = (), children: Sequence[str] = (), choices: dict[str, str] | None = None
) -> ExportContent:
    rows: list[Sequence[Cell]] = [["Child ID", "Status", "Category"]]
    for at, status in enumerate(statuses):
        rows.append([(children or range(1000, 9999))[at], status, categories[at] if categories else ""])
    return read(delimited(rows), on=ON, choices={**NOTHING_ELSE, **(choices or {})})


def test_a_word_that_is_not_known_is_asked_about_and_its_children_wait() -> None:
    reading = cases_with("Step down", "Step down", "Step down", "Step down", "Step down", "Closed")
    (question,) = reading.questions
    assert (question.key, "“Step down”" in question.words) == ("value:status:step down", True)
    assert set(question.options) == {*map(str, CaseStatus), "leave-out"}
    assert [case.status for case in reading.cases] == [CaseStatus.CLOSED]


def test_an_answer_is_kept_however_the_word_is_written() -> None:
    choices = {"value:status:step down": "early-help"}
    reading = cases_with("Step down", "a) STEP-DOWN", " step  down ", choices=choices)
    assert list(reading.questions) == []
    assert [case.status for case in reading.cases] == [CaseStatus.EARLY_HELP] * 3


def test_rows_may_be_left_out_by_an_answer_and_are_told() -> None:
    reading = cases_with("Private fostering", "Closed", choices={"value:status:private fostering": "leave-out"})
    assert [case.child for case in reading.cases] == ["1001"]
    assert [it.place.row for it in reading.refused] == [2]


def test_an_answer_that_is_no_option_is_asked_for_again() -> None:
    reading = cases_with(*["Step down"] * 5, choices={"value:status:step down": "somewhere"})
    assert [question.key for question in reading.questions] == ["value:status:step down"]


@pytest.mark.parametrize(
    "word",
    [
        "Amara Quill",
        "9434765919",
        "amara@example.org",
        "AB1 0AA",
        "a word that is far too long to be a code of any list",
    ],
)
def test_what_could_identify_a_child_is_never_quoted(word: str) -> None:
    few = 4 if word == "Amara Quill" else 20
    reading = cases_with(*[word] * few, "Closed")
    assert list(reading.questions) == []
    assert [it.place.row for it in reading.refused] == list(range(2, few + 2))
    assert not any(word.casefold() in it.words.casefold() for it in reading.refused)


def test_five_rows_of_one_child_are_one_child() -> None:
    reading = cases_with(*["Amara Quill"] * 5, children=["A"] * 5)
    assert (list(reading.questions), len(reading.refused)) == ([], 5)


def test_a_column_of_many_unknown_words_is_the_wrong_column() -> None:
    with pytest.raises(UnreadableError, match="Check that this is the right column") as refusal:
        cases_with(*[f"Name {number}" for number in range(40)])
    assert "Name 1" not in str(refusal.value)


def test_a_row_without_a_status_is_refused() -> None:
    reading = cases_with("", "Closed", categories=("Neglect", ""))
    assert [(it.place.row, it.column, it.words) for it in reading.refused] == [(2, "Status", "The status is missing.")]


@pytest.mark.parametrize(
    ("word", "category"),
    [
        ("N1", Category.ABUSE_OR_NEGLECT),
        ("a) N4 - Family in acute stress", Category.FAMILY_IN_ACUTE_STRESS),
        ("b) Physical", Category.PHYSICAL_ABUSE),
        ("z) Physical Abuse", Category.PHYSICAL_ABUSE),
        ("EMO", Category.EMOTIONAL_ABUSE),
        ("Multiple: Neglect, Physical abuse", Category.MULTIPLE),
        ("N0", Category.NOT_STATED),
        ("Child’s disability", Category.CHILDS_DISABILITY),
        ("#N/A", None),
    ],
)
def test_a_category_is_known_by_its_code_or_its_words(word: str, category: Category | None) -> None:
    (case,) = cases_with("CIN", categories=[word]).cases
    assert case.category == category


def test_a_category_that_is_not_known_is_asked_about() -> None:
    reading = cases_with(*["CIN"] * 6, categories=["Exploitation"] * 6)
    assert [question.key for question in reading.questions] == ["value:category:exploitation"]
    answered = cases_with(*["CIN"] * 6, categories=["Exploitation"] * 6, choices={"value:category:exploitation": ""})
    assert [case.category for case in answered.cases] == [None] * 6


def test_a_table_whose_first_row_is_a_child_shows_nothing_of_it() -> None:
    rows = [["4471002", "Amara Quill", "Closed"], ["4471003", "Jude Quill", "Closed"]]
    with pytest.raises(UnreadableError, match="does not contain headings") as refusal:
        read(delimited(rows), on=ON)
    assert "Amara" not in str(refusal.value)


def test_reading_shows_no_child_where_it_is_printed() -> None:
    reading = cases_with("Closed", children=["4471002"])
    assert reading.cases[0].child == "4471002"
    assert "4471002" not in repr(reading)
    assert "4471002" not in repr(reading.cases)
