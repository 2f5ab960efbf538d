"""Small numbers of children in a text that is to be shared are found; other numbers are not."""

import pytest

from checklists.privacy.small_numbers import find_small_numbers


@pytest.mark.parametrize(
    "words",
    [
        "of the 3 children looked after, 2 had no plan",
        "Two children were not seen.",
        "Of the children on a plan, three were not seen alone.",
        "Both boys had moved twice.",
        "In one case the father was never asked.",
        "Neither family had been visited.",
        "We found this in 4 of the audits.",
        "None of the young people knew their plan.",
        "0 of 14 children had one",
        "A single child was missed.",
    ],
)
def test_a_small_number_beside_a_word_for_children_is_found(words: str) -> None:
    found = find_small_numbers(words)
    assert found
    assert all(0 <= each.start < each.end <= len(words) for each in found)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "About 45 children were audited.",
        "62% of children had a plan.",
        "5 per cent of the cases",
        "Every child needs a plan by 3.5.2026.",
        "Read it with your team. Children deserve more.",
        "We asked 120 families.",
        "The team met two times. Practice is better.",
        "someone saw the child",
    ],
)
def test_other_numbers_are_left_alone(words: str) -> None:
    assert find_small_numbers(words) == []
