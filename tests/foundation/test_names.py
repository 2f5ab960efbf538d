"""What is refused of a name, a title or a post: in the word that its field is labelled with."""

import pytest

from api.foundation.text.names import check_label, check_name, check_title

LONGEST = 10


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Enter a title for the round"),
        ("Eleven long", "Title must be 10 characters or fewer"),
        ("Bell\a", "Title contains a character that cannot be shown. Enter the title again."),
    ],
)
def test_a_refused_title_is_called_a_title(typed: str, words: str) -> None:
    (fault,) = check_title("/title", typed, called="the round", longest=LONGEST)
    assert (fault.pointer, fault.detail) == ("/title", words)


def test_what_is_not_called_otherwise_is_called_a_name() -> None:
    (fault,) = check_name("/name", "x" * 11, called="the team", longest=LONGEST)
    assert fault.detail == "Name must be 10 characters or fewer"


def test_a_post_is_called_a_post_and_may_not_identify_a_person() -> None:
    assert check_label("/post", "Team lead", called="the key-holder", longest=LONGEST, word="post") == []
    (fault,) = check_label("/post", "943 476 5919", called="the key-holder", longest=12, word="post")
    assert "number" in fault.detail
