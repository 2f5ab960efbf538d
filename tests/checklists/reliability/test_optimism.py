import random
from collections.abc import Callable, Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student
from scipy.stats import ttest_1samp

from checklists.reliability.agreement_words import shift_in_words
from checklists.reliability.optimism import MINIMUM_TO_NAME, ShiftState, shift, student_score

Answers = Sequence[tuple[int | None, int | None]]

GENEROUS: Answers = [(0, 1), (1, 1), (1, 2), (1, 1), (1, 3)] * 4
pairs = st.lists(st.tuples(st.none() | st.integers(0, 4), st.none() | st.integers(0, 4)), max_size=30)


def turned(answers: Answers) -> Answers:
    """As if auditor and agreed had changed places."""
    return [(agreed, given) for given, agreed in answers]


def test_an_auditor_who_grades_better_than_agreed_is_generous_by_so_many_grades() -> None:
    found = shift(GENEROUS)
    assert found.mean == Fraction(4, 5)
    assert (found.lowered, found.same, found.raised) == (12, 8, 0)
    assert found.share(found.lowered) == Fraction(3, 5)
    assert found.interval is not None
    assert 0 < found.interval[0] < 0.8 < found.interval[1]
    assert found.state is ShiftState.GENEROUS


def test_an_auditor_who_grades_worse_than_agreed_is_severe() -> None:
    found = shift(turned(GENEROUS))
    assert found.mean == Fraction(-4, 5)
    assert (found.lowered, found.same, found.raised) == (0, 8, 12)
    assert found.state is ShiftState.SEVERE


def test_moves_both_ways_are_no_clear_shift() -> None:
    found = shift([(0, 1), (1, 0), (1, 1)] * 5)
    assert found.mean == 0
    assert found.state is ShiftState.NO_CLEAR_SHIFT


def test_a_grade_with_nothing_on_file_to_show_it_was_generous() -> None:
    assert shift([(3, 4)] * 12).mean == 1
    assert shift([(0, 4)] * 12).mean == 4


def test_answers_without_an_agreed_one_are_left_out() -> None:
    assert shift([*GENEROUS, (1, None), (None, 2), (None, None)]) == shift(GENEROUS)


@pytest.mark.parametrize("audits", [1, MINIMUM_TO_NAME - 1])
def test_nobody_is_named_with_too_few_audits(audits: int) -> None:
    found = shift([(0, 2)] * audits)
    assert found.state is ShiftState.TOO_FEW
    assert found.interval is None
    assert not found.may_name


def test_one_audit_of_many_themes_is_one_audit() -> None:
    many_answers = shift([(0, 1), (1, 2), (1, 1)] * 10, cases=["one audit"] * 30)
    assert (many_answers.n_answers, many_answers.n_cases) == (30, 1)
    assert not many_answers.may_name
    assert shift([(0, 1), (1, 2), (1, 1)] * 10).may_name


@pytest.mark.parametrize("answers", [[], [(None, 1)], [(1, None)]])
def test_nothing_agreed_is_no_data_and_names_nobody(answers: Answers) -> None:
    found = shift(answers)
    assert (found.mean, found.interval, found.state) == (None, None, ShiftState.NO_DATA)
    assert found.share(found.same) is None
    assert not found.may_name


def test_answers_that_all_stood_are_not_certain_to_stand_next_time() -> None:
    few, many = shift([(1, 1)] * 12), shift([(1, 1)] * 300)
    assert few.mean == many.mean == 0
    assert few.interval is not None
    assert many.interval is not None
    assert few.interval[0] == -few.interval[1] < -0.2
    assert -0.02 < many.interval[0] < 0 < many.interval[1]
    assert few.state is many.state is ShiftState.NO_CLEAR_SHIFT


@pytest.mark.parametrize("audits", [10, 11, 40, 200])
def test_an_interval_is_that_of_the_t_test(audits: int) -> None:
    chance = random.Random(2)
    answers = [(3, 3 + chance.choice([-1, 0, 0, 1, 1, 2])) for _ in range(audits)]
    expected = ttest_1samp([agreed - given for given, agreed in answers], 0).confidence_interval(0.95)
    assert shift(answers).interval == pytest.approx((expected.low, expected.high))


def test_audits_of_as_many_themes_each_count_by_their_means() -> None:
    chance = random.Random(3)
    audits = [[(3, 3 + chance.choice([0, 0, 1, 2])) for _ in range(15)] for _ in range(12)]
    means = [sum(agreed - given for given, agreed in audit) / 15 for audit in audits]
    expected = ttest_1samp(means, 0).confidence_interval(0.95)
    found = shift([pair for audit in audits for pair in audit], cases=[place // 15 for place in range(180)])
    assert found.interval == pytest.approx((expected.low, expected.high))


def test_students_score_is_that_of_scipy() -> None:
    for freedom in [*range(1, 60), 100, 101, 999, 5000]:
        assert student_score(freedom) == pytest.approx(student.ppf(0.975, freedom), rel=1e-9)


def test_those_without_a_shift_are_seldom_named(record_property: Callable[[str, object], None]) -> None:
    chance = random.Random(7)
    for audits in (10, 20, 50):
        named = 0
        for _ in range(1000):
            moves = [
                chance.choice([1, 1, -1, 2]) * chance.choice([1, -1]) * (chance.random() < 0.3) for _ in range(audits)
            ]
            named += shift([(3, 3 + move) for move in moves]).state is not ShiftState.NO_CLEAR_SHIFT
        record_property("figure", f"{named} of 1,000 with {audits} audits and no shift are said to have one")
        assert named <= 65


def test_an_interval_is_wider_where_the_answers_come_from_fewer_audits() -> None:
    answers: Answers = [(1, 1)] * 60 + [(1, 2)] * 60
    alone, pooled = shift(answers), shift(answers, cases=[place // 6 for place in range(120)])
    assert alone.mean == pooled.mean
    assert alone.interval is not None
    assert pooled.interval is not None
    assert pooled.interval[1] - pooled.interval[0] > 2 * (alone.interval[1] - alone.interval[0])


@given(pairs, st.randoms(use_true_random=False))
def test_the_order_of_answers_changes_nothing(answers: Answers, chance: random.Random) -> None:
    moved = list(answers)
    chance.shuffle(moved)
    assert shift(moved, minimum=5) == shift(answers, minimum=5)


@given(pairs)
def test_changing_places_turns_the_shift_round(answers: Answers) -> None:
    one, other = shift(answers), shift(turned(answers))
    assert (one.lowered, one.same, one.raised) == (other.raised, other.same, other.lowered)
    assert one.lowered + one.same + one.raised == one.n_answers
    if one.interval is not None and other.interval is not None:
        assert one.interval == pytest.approx((-other.interval[1], -other.interval[0]))
    assert one.mean is other.mean is None or (one.mean or 0) == -(other.mean or 0)


@pytest.mark.parametrize(
    ("answers", "cases", "minimum"), [([(-1, 0)], None, 10), ([(0, 1)], ["a", "b"], 10), ([(0, 1)], None, 1)]
)
def test_impossible_answers_are_refused(answers: Answers, cases: Sequence[str] | None, minimum: int) -> None:
    with pytest.raises(ValueError, match=r"under 0|one audit|at least 2"):
        shift(answers, cases=cases, minimum=minimum)


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([], "No answers have been agreed yet."),
        ([(0, 1)], "Too few to say: 1 audit with agreed answers."),
        (
            [(1, 1)] * 12,
            "No clear shift (from -0.24 to +0.24 of a rating, 12 audits); 0 answers of 12 lowered, 0 raised.",
        ),
    ],
)
def test_a_shift_is_put_in_plain_words(answers: Answers, words: str) -> None:
    assert shift_in_words(shift(answers)) == words


def test_words_say_which_way_and_how_far() -> None:
    assert shift_in_words(shift(GENEROUS)).startswith(
        "Ratings higher than the agreed answers by 0.80 of a rating (from +0."
    )
    assert shift_in_words(shift(turned(GENEROUS))).startswith(
        "Ratings lower than the agreed answers by 0.80 of a rating"
    )
