from fractions import Fraction
from itertools import product
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from checklists.statistics.intervals import Pairs, newcombe_difference, newcombe_paired, wilson
from tests.checklists.statistics.tango import tango_interval, tango_score

counted_shares = st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_those_newcombe_published(successes: int, n: int, low: float, high: float) -> None:
    assert [round(end, 4) for end in wilson(successes, n)] == [low, high]


@pytest.mark.parametrize("confidence", [0.8, 0.9, 0.95, 0.99])
def test_intervals_are_those_of_statsmodels(confidence: float) -> None:
    for n in (1, 2, 3, 5, 8, 13, 60, 263, 1000, 100_000):
        for successes in {0, 1, n // 7, n // 3, n // 2, n - 1, n}:
            expected = proportion_confint(successes, n, alpha=1 - confidence, method="wilson")
            assert wilson(successes, n, confidence=confidence) == pytest.approx(expected, abs=1e-12)


@given(counted_shares)
def test_an_interval_holds_its_share_and_mirrors(counted: tuple[int, int]) -> None:
    successes, n = counted
    low, high = wilson(successes, n)
    assert 0 <= low <= successes / n + 1e-12
    assert successes / n - 1e-12 <= high <= 1
    assert wilson(n - successes, n) == pytest.approx((1 - high, 1 - low), abs=1e-9)
    assert (low == 0) == (successes == 0)
    assert (high == 1) == (successes == n)


def test_a_share_can_be_carried_over_to_another_n() -> None:
    assert wilson(Fraction(3, 10) * 10, 10) == wilson(3, 10)
    low, high = wilson(Fraction(3, 10) * 7, 7)
    assert low < wilson(3, 10)[0]
    assert high > wilson(3, 10)[1]


def test_an_effective_size_may_be_a_fraction() -> None:
    low, high = wilson(Fraction(3, 10) * Fraction(15, 2), Fraction(15, 2))
    assert wilson(Fraction(3, 10) * 7, 7)[0] < low < wilson(Fraction(3, 10) * 8, 8)[0]
    assert wilson(Fraction(3, 10) * 8, 8)[1] < high < wilson(Fraction(3, 10) * 7, 7)[1]


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (0, -1), (-1, 5), (6, 5)])
def test_impossible_counts_are_refused(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match=r"observation|between 0 and n"):
        wilson(successes, n)


@pytest.mark.parametrize("confidence", [0, 1, 1.5])
def test_impossible_confidence_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence"):
        wilson(1, 2, confidence=confidence)


# Newcombe 1998 (Statistics in Medicine 17, 873-890), table II, method 10.
@pytest.mark.parametrize(
    ("hits", "n", "hits_before", "n_before", "low", "high"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (0, 10, 0, 10, -0.2775, 0.2775),
        (10, 10, 0, 20, 0.6791, 1.0000),
        (10, 10, 0, 10, 0.6075, 1.0000),
    ],
)
def test_intervals_of_a_difference_are_those_newcombe_published(
    hits: int, n: int, hits_before: int, n_before: int, low: float, high: float
) -> None:
    assert [round(end, 4) for end in newcombe_difference(hits, n, hits_before, n_before)] == [low, high]


def test_intervals_of_a_difference_are_those_of_statsmodels() -> None:
    shares = [(hits, n) for n in (1, 5, 8, 60, 1000) for hits in {0, 1, n // 3, n - 1, n}]
    for now in shares:
        for before in shares:
            expected = confint_proportions_2indep(*now, *before, method="newcomb", compare="diff")
            assert newcombe_difference(*now, *before) == pytest.approx(expected, abs=1e-12)


@given(counted_shares, counted_shares)
def test_an_interval_of_a_difference_holds_it_and_turns_round_with_it(
    now: tuple[int, int], before: tuple[int, int]
) -> None:
    low, high = newcombe_difference(*now, *before)
    difference = now[0] / now[1] - before[0] / before[1]
    assert -1 <= low <= difference + 1e-12
    assert difference - 1e-12 <= high <= 1
    assert newcombe_difference(*before, *now) == (-high, -low)


@pytest.mark.parametrize("counts", [(0, 0, 1, 2), (1, 2, 0, 0), (3, 2, 1, 2), (1, 2, -1, 2)])
def test_a_difference_of_impossible_counts_is_refused(counts: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match=r"observation|between 0 and n"):
        newcombe_difference(*counts)


# The interval by method 10 of Newcombe 1998 (Statistics in Medicine 17, 2635-2650), of three published tables: airway
# hyper-responsiveness before and after stem cell transplantation (Bentur 2009) and response before and after
# consolidation (Cavo 2012), both in Fagerland, Lydersen and Laake, Statistical Analysis of Contingency Tables, 2017,
# chapter 8; and table 6.2 of Altman, Machin, Bryant and Gardner, Statistics with Confidence, 2000.
@pytest.mark.parametrize(
    ("pairs", "low", "high"),
    [
        ((1, 1, 7, 12), -0.5069, -0.0256),
        ((59, 6, 16, 80), -0.1186, -0.0046),
        ((14, 5, 0, 22), 0.0115, 0.2265),
    ],
)
def test_intervals_of_pairs_are_those_newcombe_published(
    pairs: tuple[int, int, int, int], low: float, high: float
) -> None:
    assert [round(end, 4) for end in newcombe_paired(Pairs(*pairs))] == [low, high]


# The interval of Tango 1998 is another method: his of published tables, to the last digit that is printed, and of his
# own example, soft contact lenses (section 6.1).
@pytest.mark.parametrize(
    ("pairs", "low", "high", "places"),
    [
        ((4, 9, 3, 16), -0.027, 0.390, 3),
        ((59, 6, 16, 80), -0.1240, -0.0054, 4),
        ((1, 1, 7, 12), -0.5172, -0.0260, 4),
    ],
)
def test_intervals_of_pairs_are_close_to_those_tango_published(
    pairs: tuple[int, int, int, int], low: float, high: float, places: int
) -> None:
    assert [round(end, places) for end in tango_interval(Pairs(*pairs))] == [low, high]
    assert newcombe_paired(Pairs(*pairs)) == pytest.approx((low, high), abs=0.011)


def test_the_comparison_gives_what_tango_published_of_his_own_example() -> None:
    lenses = Pairs(both=43, only_now=0, only_before=1, neither=0)
    assert round(tango_score(lenses, -0.1), 3) == 1.709
    assert round(tango_interval(lenses, confidence=0.9)[0], 3) == -0.096


@pytest.mark.parametrize(("number", "typical", "most"), [(10, 0.03, 0.17), (20, 0.02, 0.10)])
def test_intervals_of_pairs_differ_from_tangos_by_little_in_every_possible_table(
    number: int, typical: float, most: float
) -> None:
    differences = []
    for both, now, before in product(range(number + 1), repeat=3):
        if both + now + before <= number:
            pairs = Pairs(both, now, before, number - both - now - before)
            ends = zip(newcombe_paired(pairs), tango_interval(pairs), strict=True)
            differences.append(max(abs(ours - his) for ours, his in ends))
    assert median(differences) <= typical
    assert max(differences) <= most, "the most where every pair changed in the same way"


numbers = st.integers(0, 60)


@given(numbers, numbers, numbers, numbers)
def test_an_interval_of_pairs_holds_its_difference_and_turns_round_with_it(
    both: int, only_now: int, only_before: int, neither: int
) -> None:
    pairs = Pairs(both, only_now, only_before, neither)
    if not pairs.number:
        return
    low, high = newcombe_paired(pairs)
    difference = (only_now - only_before) / pairs.number
    assert -1 <= low <= difference + 1e-12
    assert difference - 1e-12 <= high <= 1
    turned = newcombe_paired(Pairs(both, only_before, only_now, neither))
    assert turned == pytest.approx((-high, -low), abs=1e-12)


def test_pairs_that_agree_say_more_than_as_many_different_cases() -> None:
    pairs = Pairs(both=20, only_now=10, only_before=0, neither=10)
    low, high = newcombe_paired(pairs)
    apart = newcombe_difference(30, 40, 20, 40)
    assert apart[0] < low
    assert high < apart[1]


@pytest.mark.parametrize("pairs", [(0, 0, 0, 0), (5, -1, 2, 3)])
def test_impossible_pairs_are_refused(pairs: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match=r"observation|never negative"):
        newcombe_paired(Pairs(*pairs))


def test_none_and_all_have_an_end_of_exactly_nought_and_one() -> None:
    for n in range(1, 50):
        assert wilson(0, n)[0] == 0
        assert wilson(n, n)[1] == 1


@pytest.mark.parametrize("pairs", [Pairs(1, 0, 0, 1), Pairs(2, 1, 1, 2), Pairs(0, 0, 3, 4), Pairs(3, 2, 2, 2)])
def test_pairs_that_agree_no_more_than_chance_and_half_their_number_say_as_much_as_different_cases(
    pairs: Pairs,
) -> None:
    """Newcombe's correction takes half the number of pairs off a positive correlation, down to none."""
    found = newcombe_paired(pairs)
    assert found == pytest.approx(newcombe_difference(pairs.now, pairs.number, pairs.before, pairs.number))
