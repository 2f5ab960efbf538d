from collections import Counter
from hashlib import sha256
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from checklists.statistics.seeded_random import Numbers, seeded_number, seeded_shuffle


def test_a_number_is_the_hash_of_its_texts_with_their_lengths() -> None:
    assert seeded_number("seed", "order", "älter") == int(sha256("4:seed5:order6:älter".encode()).hexdigest(), 16)


def test_texts_never_run_together() -> None:
    assert (
        len(
            {
                seeded_number("ab", "c"),
                seeded_number("a", "bc"),
                seeded_number("abc"),
                seeded_number("abc", ""),
                seeded_number("1:a", "bc"),
            }
        )
        == 5
    )


def test_every_order_is_as_likely_as_any_other() -> None:
    seen = Counter("".join(seeded_shuffle(str(seed), "test", "abcd")) for seed in range(4800))
    assert set(seen) == {"".join(order) for order in permutations("abcd")}
    assert chisquare(list(seen.values())).pvalue > 0.001


@given(st.sets(st.text(max_size=2)), st.text(max_size=2), st.text(max_size=1))
def test_names_beside_others_stay_in_the_same_order(names: set[str], seed: str, other: str) -> None:
    order = seeded_shuffle(seed, "test", names)
    assert sorted(order) == sorted(names)
    assert seeded_shuffle(seed, "test", reversed(order)) == order
    assert [name for name in seeded_shuffle(seed, "test", names | {other}) if name != other] == [
        name for name in order if name != other
    ]


@pytest.mark.parametrize("limit", [1, 2, 7, 10])
def test_every_number_below_a_limit_is_as_likely_as_any_other(limit: int) -> None:
    numbers = Numbers("fair", "test")
    seen = Counter(numbers.below(limit) for _ in range(300 * limit))
    assert set(seen) == set(range(limit))
    assert limit == 1 or chisquare(list(seen.values())).pvalue > 0.001


def test_numbers_that_would_favour_some_are_passed_over() -> None:
    limit = 2**255 + 1
    stream = [seeded_number("seed", "test", str(place)) for place in range(40)]
    numbers, fair = Numbers("seed", "test"), [found for found in stream if found < limit]
    assert len(fair) < len(stream)
    assert [numbers.below(limit) for _ in fair] == fair


@pytest.mark.parametrize("limit", [0, 2**256 + 1])
def test_a_limit_of_nonsense_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match="limit"):
        Numbers("seed", "test").below(limit)


def test_a_stream_begins_at_the_number_nought_and_its_limit_lies_between_1_and_all_numbers() -> None:
    stream = Numbers("seed", "label")
    assert [stream.below(1_000) for _ in range(3)] == [seeded_number("seed", "label", str(k)) % 1_000 for k in range(3)]
    assert Numbers("seed", "label").below(1) == 0
    assert Numbers("seed", "label").below(2**256) == seeded_number("seed", "label", "0")
    for limit in (0, -1, 2**256 + 1):
        with pytest.raises(ValueError, match="between 1 and"):
            Numbers("seed", "label").below(limit)
