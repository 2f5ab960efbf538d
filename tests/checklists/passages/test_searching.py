"""Passages are found by their words, in every form of them, and the most alike come first."""

from collections import Counter
from math import log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.passages.searching import most_alike, with_all_words, words_of

TEXTS = {
    "chronology": "The chronology was not used when the plan was made.",
    "visit": "The child was seen alone at home.",
    "referrals": "Planning did not use the chronology of referrals.",
    "worker": "The worker’s plans changed twice.",
}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("chronologies", ["chronology", "referrals"]),
        ("CHRONOLOGY planning", ["chronology", "referrals"]),
        ("seen alone", ["visit"]),
        ("chron", ["chronology", "referrals"]),
        ("workers", ["worker"]),
        ("absent", []),
        ("  ", list(TEXTS)),
        ("?!", list(TEXTS)),
    ],
)
def test_every_word_of_a_search_is_in_what_is_found(wanted: str, found: list[str]) -> None:
    assert with_all_words(TEXTS, wanted) == found


def test_the_most_alike_come_first_and_what_shares_nothing_is_left_out() -> None:
    assert most_alike(TEXTS, "chronology", limit=10)[0] == "referrals"
    assert most_alike({"one": "Seen alone.", "two": "Late plan.", "three": "Plan late again."}, "one", limit=5) == []
    assert most_alike(TEXTS, "chronology", limit=1) == ["referrals"]


words = st.lists(st.sampled_from(["chronology", "visit", "school", "health", "plans"]), min_size=1, max_size=6)


@given(st.lists(words.map(" ".join), min_size=2, max_size=8))
def test_likeness_is_the_cosine_of_weighted_words(texts: list[str]) -> None:
    numbered = dict(enumerate(texts))
    counted = {key: Counter(words_of(text)) for key, text in numbered.items()}
    every = sorted({word for each in counted.values() for word in each})
    have = {word: sum(word in each for each in counted.values()) for word in every}
    vectors = {key: [each[word] * log(len(texts) / have[word]) for word in every] for key, each in counted.items()}

    def cosine(one: list[float], two: list[float]) -> float:
        size = sqrt(sum(x * x for x in one)) * sqrt(sum(x * x for x in two))
        return sum(x * y for x, y in zip(one, two, strict=True)) / size if size else 0.0

    expected = {key: cosine(vectors[0], vectors[key]) for key in vectors if key}
    found = most_alike(numbered, 0, limit=10)
    assert set(found) == {key for key, value in expected.items() if value > 1e-12}
    values = [expected[key] for key in found]
    assert values == pytest.approx(sorted(values, reverse=True))


def test_a_word_loses_an_ending_where_four_letters_are_left() -> None:
    words = "plans planned planning making seeing stopped agreed fled carries reds worker's alls missing calling its"
    assert words_of(words) == [
        *("plan", "plan", "plan", "making", "seeing", "stop", "agre", "fled", "carr", "reds", "worker", "alls", "miss"),
        *("call", "its"),
    ]


def test_short_words_say_nothing_of_what_a_text_is_about_and_repeated_ones_count_by_their_square() -> None:
    assert most_alike({"one": "was the plan", "two": "was the home", "three": "late"}, "one", limit=5) == []
    assert most_alike({"one": "late plan", "two": "late home", "three": "else"}, "one", limit=5) == ["two"]
    texts = {
        "one": "plan plan home",
        "both": "plan home",
        "plan": "plan plan visit",
        "home": "home visit",
        "no": "else",
    }
    assert most_alike(texts, "one", limit=4) == ["both", "plan", "home"]
    assert with_all_words({"one": "an outplan", "two": "a plan"}, "plan") == ["two"]
