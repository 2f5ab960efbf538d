"""One thing is called by one word, and any other number of things by another."""

import pytest

from checklists.plurals import plural


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 audits"), (1, "1 audit"), (2, "2 audits"), (1_200, "1,200 audits")]
)
def test_only_one_thing_is_in_the_singular(number: int, words: str) -> None:
    assert plural(number, "audit") == words


@pytest.mark.parametrize(("number", "words"), [(1, "1 person has"), (2, "2 people have")])
def test_words_that_take_no_s_are_given(number: int, words: str) -> None:
    assert plural(number, "person has", "people have") == words
