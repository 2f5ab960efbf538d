import pytest
from pydantic import ValidationError

from checklists.templates.scale import (
    FOUR_GRADES,
    MET_PARTLY_NOT,
    NOT_APPLICABLE,
    NOT_ASKED,
    NOT_EVIDENCED,
    ZERO_TO_TEN,
    Rating,
    RatingScale,
    keys_in,
    listed,
    may_be_key,
    repeated,
    scale_faults,
    shown_key,
)


def scale_of(*keys: str, standard: str) -> RatingScale:
    return RatingScale(ratings=tuple(Rating(key=key, label=key) for key in keys), standard=standard)


@pytest.mark.parametrize(
    ("scale", "meeting", "below"),
    [
        (FOUR_GRADES, ["outstanding", "good"], ["requires-improvement", "inadequate"]),
        (MET_PARTLY_NOT, ["met"], ["partly-met", "not-met"]),
        (ZERO_TO_TEN, ["10", "9", "8", "7"], ["6", "5", "4", "3", "2", "1", "0"]),
    ],
)
def test_the_standard_and_all_above_it_meet_the_standard(
    scale: RatingScale, meeting: list[str], below: list[str]
) -> None:
    assert [rating.key for rating in scale.ratings] == meeting + below
    assert all(scale.meets_standard(key) for key in meeting)
    assert not any(scale.meets_standard(key) for key in below)
    assert scale.best_below_standard == below[0]
    assert scale.worst == below[-1]
    assert [scale.position(key) for key in meeting + below] == list(range(len(scale.ratings)))


def test_the_two_reserved_answers_have_labels_and_are_not_ratings() -> None:
    assert FOUR_GRADES.label(NOT_EVIDENCED) == "Not evidenced"
    assert FOUR_GRADES.label(NOT_APPLICABLE) == "Not applicable"
    assert FOUR_GRADES.label("requires-improvement") == "Requires improvement"
    for answer in (NOT_EVIDENCED, NOT_APPLICABLE):
        assert not FOUR_GRADES.is_rating(answer)
        assert not FOUR_GRADES.meets_standard(answer)
    assert FOUR_GRADES.answers[-2:] == (NOT_EVIDENCED, NOT_APPLICABLE)


@pytest.mark.parametrize("answer", ["", "Good", "fair"])
def test_what_is_not_an_answer_is_never_taken_for_one(answer: str) -> None:
    assert not FOUR_GRADES.is_rating(answer)
    for ask in (FOUR_GRADES.label, FOUR_GRADES.meets_standard, FOUR_GRADES.position):
        with pytest.raises(KeyError):
            ask(answer)


def test_something_has_to_be_below_the_standard() -> None:
    with pytest.raises(ValidationError, match="lowest rating"):
        scale_of("yes", "no", standard="no")
    assert scale_of("yes", "no", standard="yes").best_below_standard == "no"


@pytest.mark.parametrize(
    ("keys", "standard", "said"),
    [
        (("good", "good", "bad"), "good", "Two ratings have the key 'good'"),
        (("good", "bad"), "fine", "must be the key of one of the ratings: good, bad"),
        (("good", "not-evidenced", "bad"), "good", "reserved for an answer"),
        (("good", "not-applicable", "bad"), "good", "reserved for an answer"),
    ],
)
def test_a_scale_that_breaks_its_rules_is_refused(keys: tuple[str, ...], standard: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        scale_of(*keys, standard=standard)


@pytest.mark.parametrize("count", [1, 21])
def test_a_scale_has_two_to_twenty_ratings(count: int) -> None:
    with pytest.raises(ValidationError):
        scale_of(*(f"r{number}" for number in range(count)), standard="r0")


def test_a_scale_is_read_and_says_of_each_answer_what_it_is() -> None:
    assert RatingScale.model_validate(FOUR_GRADES.model_dump()) == FOUR_GRADES
    answers = ("outstanding", "inadequate", NOT_EVIDENCED, NOT_APPLICABLE, NOT_ASKED)
    assert [FOUR_GRADES.is_rating(answer) for answer in answers] == [True, True, False, False, False]
    assert [FOUR_GRADES.meets_standard(answer) for answer in answers] == [True, False, False, False, False]
    assert [FOUR_GRADES.label(answer) for answer in answers[3:]] == ["Not applicable", "Not asked"]
    assert len(scale_of(*(f"r{number}" for number in range(20)), standard="r0").ratings) == 20
    assert len(scale_of("k" * 40, "worse", standard="k" * 40).ratings) == 2
    with pytest.raises(ValidationError):
        scale_of("k" * 41, "worse", standard="k" * 41)


@pytest.mark.parametrize(
    "scale", [None, [], {}, {"ratings": 3, "standard": "a"}, {"ratings": [{"key": "a"}], "standard": "b"}]
)
def test_a_malformed_scale_has_no_faults_between_its_entries(scale: object) -> None:
    assert scale_faults(scale) == []


def test_a_standard_that_is_no_text_is_left_to_the_reader_of_the_file() -> None:
    ratings = [{"key": "good"}, {"key": "bad"}]
    assert scale_faults({"ratings": ratings, "standard": 3}) == []
    assert [place for place, _ in scale_faults({"ratings": ratings, "standard": "fine"})] == [("standard",)]


def test_keys_are_read_from_whatever_has_some() -> None:
    assert keys_in(None) == []
    assert keys_in([{"key": "k" * 80}, {"key": "k" * 81}, {"key": 3}, {}, "k", {"key": " a "}]) == [
        (0, "k" * 80),
        (5, "a"),
    ]
    assert repeated([(0, "a"), (1, "b"), (2, "a"), (3, "a")]) == [(2, "a"), (3, "a")]


def test_at_most_twenty_keys_are_listed_each_cut_to_sixty_characters() -> None:
    assert listed(["a"] * 20) == ", ".join("a" * 20)
    assert listed(["a" * 61] * 21) == ", ".join(["a" * 60] * 20) + ", ..."


def test_a_key_of_up_to_eighty_characters_may_be_one_and_a_sentence_repeats_sixty() -> None:
    assert [may_be_key(value) for value in ("", "k" * 80, "k" * 81, 3, None)] == [True, True, False, False, False]
    assert shown_key("k" * 61) == "k" * 60
