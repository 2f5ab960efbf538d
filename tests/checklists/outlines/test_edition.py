"""A new edition of a document: which of its titles are which of the last one's."""

from checklists.outlines.edition import same_entries

KNOWN = {"voice": "Voice of the child", "home": "Home conditions", "plan": "Plans"}


def test_equal_titles_are_one_whatever_their_capitals_and_punctuation() -> None:
    assert same_entries(["HOME conditions.", "Voice of the child"], KNOWN) == {0: "home", 1: "voice"}


def test_a_title_with_a_few_other_words_is_the_same_and_anything_else_is_new() -> None:
    assert same_entries(["The voice of the child", "Escalation"], KNOWN) == {0: "voice"}
    assert same_entries(["Plan of work", ""], KNOWN) == {}


def test_each_entry_is_one_title_at_most_and_the_most_alike_wins() -> None:
    found = same_entries(["Home condition", "Home conditions again", "Home conditions"], KNOWN)
    assert found == {2: "home"}
    assert same_entries(["Home conditions of all", "Home condition"], KNOWN) == {1: "home"}
    assert same_entries([], KNOWN) == {} == same_entries(["Plans"], {})
