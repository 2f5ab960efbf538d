"""The release rule: what is hidden, what is rounded, and the only questions that a snapshot answers."""

import random
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.disclosure import (
    Record,
    Released,
    ReleaseRule,
    lattice,
    may_follow,
    release,
    release_count,
)
from tests.checklists.organisations import DIMENSIONS, TEMPLATE, an_organisation

RULE = ReleaseRule()


@pytest.mark.parametrize(
    ("applicable", "below", "shown"),
    [
        (0, 0, Released(None)),
        (9, 9, Released(None)),
        (10, 0, Released(10)),
        (11, 5, Released(10)),
        (10, 5, Released(None)),
        (10, 10, Released(10, all_but_few=True)),
        (12, 6, Released(10, 5)),
        (12, 7, Released(10, all_but_few=True)),
        (13, 7, Released(15, 5)),
        (40, 5, Released(40)),
        (40, 8, Released(40, 10)),
        (40, 35, Released(40, all_but_few=True)),
        (42, 33, Released(40, 35)),
    ],
)
def test_what_is_shown_of_so_many_is_as_the_rule_says(applicable: int, below: int, shown: Released) -> None:
    assert release(applicable, below, RULE) == shown


def test_what_is_read_where_a_number_is_held_back() -> None:
    assert [release(*pair, RULE).below_text for pair in ((9, 3), (40, 5), (40, 8), (1_040, 1_036))] == [
        "c",
        "c",
        "10",
        "1,040 less c",
    ]


@given(st.integers(0, 500).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_a_shown_number_fits_many_true_ones(pair: tuple[int, int]) -> None:
    shown = release(*pair, RULE)
    alike = [
        (applicable, below)
        for applicable in range(max(0, pair[0] - 12), pair[0] + 13)
        for below in range(max(0, pair[1] - 12), min(applicable, pair[1] + 12) + 1)
        if release(applicable, below, RULE) == shown
    ]
    assert len(alike) >= 3
    assert shown.share_meeting is None or 0 <= shown.share_meeting <= 1


@given(st.integers(0, 10_000))
def test_a_count_is_hidden_under_ten_and_else_within_two(number: int) -> None:
    shown = release_count(number, RULE)
    assert (shown is None) == (number < 10)
    assert shown is None or (shown % 5 == 0 and abs(shown - number) <= 2)


@pytest.mark.parametrize("thresholds", [(9, 5, 5), (10, 4, 5), (10, 5, 4), (10, 11, 11), (10, 5, 6), (20, 10, 5)])
def test_thresholds_are_never_lowered_and_fit_together(thresholds: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match=r"threshold|small gaps"):
        ReleaseRule(*thresholds)


def test_more_below_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match="some of those applicable"):
        release(10, 11, RULE)


def test_a_snapshot_answers_the_whole_each_value_and_each_pair_and_nothing_else() -> None:
    cells = lattice(TEMPLATE, an_organisation(40, 0), DIMENSIONS, RULE)
    singles = [((name, value),) for name, values in DIMENSIONS.items() for value in values]
    pairs = [(a[0], b[0]) for a, b in combinations(singles, 2) if a[0][0] != b[0][0]]
    assert set(cells.groups) == {(), *singles, *pairs}
    for filters in cells.groups:
        cells.check(filters)


def test_5_000_other_questions_are_refused(record_property: object) -> None:
    assert callable(record_property)
    cells = lattice(TEMPLATE, an_organisation(40, 0), DIMENSIONS, RULE)
    chance = random.Random(4)
    names = [*DIMENSIONS, "theme", "submitted", "Team", "team ", "", "team or status"]
    values = [value for of_name in DIMENSIONS.values() for value in of_name]
    values += ["north,south", "under-5..5-to-11", "not north", "*", "", "North", "north|south", "2026-01-01..", "'; --"]
    refused = 0
    while refused < 5_000:
        filters = tuple((chance.choice(names), chance.choice(values)) for _ in range(chance.choice((1, 1, 2, 2, 3, 4))))
        ordered = tuple(sorted(filters, key=lambda pair: names.index(pair[0])))
        if ordered in cells.groups:
            cells.check(filters)
            continue
        with pytest.raises(ValueError, match=r"Choose at most|Filter by one of|Give"):
            cells.check(filters)
        refused += 1
    record_property("figure", f"Other questions than a snapshot answers: {refused:,} of 5,000 refused")


def test_a_band_that_is_not_listed_is_refused() -> None:
    record = an_organisation(1, 0)[0]
    with pytest.raises(ValueError, match="does not list"):
        lattice(TEMPLATE, [Record(record.line, {**record.bands, "team": ("nowhere",)})], DIMENSIONS, RULE)


@pytest.mark.parametrize(
    ("new", "earlier", "may"),
    [
        (range(20), range(20), False),
        (range(29), range(20), False),
        (range(30), range(20), True),
        (range(20, 40), range(20), True),
        (range(5, 20), range(20), False),
        (range(10, 20), range(20), True),
        (range(1, 25), range(20), False),
    ],
)
def test_snapshots_of_overlapping_audits_differ_by_many(new: range, earlier: range, may: bool) -> None:
    assert may_follow(frozenset(new), frozenset(earlier)) is may
