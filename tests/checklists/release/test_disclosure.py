"""Disclosure control: what is few is hidden, the rest is rounded, and only a fixed set of questions is answered."""

import random
from collections.abc import Callable
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.release.disclosure import (
    MOST_DIMENSIONS,
    NEWLY_COUNTED,
    ROUNDING,
    SMALL_GAP,
    SMALLEST,
    Filters,
    Record,
    Released,
    ReleasedGroup,
    ReleaseRule,
    ReleaseTable,
    may_follow_snapshot,
    release,
    release_count,
    release_table,
    sum_over_organisations,
)
from checklists.reports.tallies import encode_answers
from tests.checklists.small_template import a_template

RULE = ReleaseRule()
TEMPLATE = a_template()
DIMENSIONS = {"team": ("north", "south", "east"), "age": ("under-5", "5-and-over"), "harm": ("fear", "neglect")}
EVERY = [(name, value) for name, values in DIMENSIONS.items() for value in values]
GOOD: list[Filters] = [
    (),
    *[(pair,) for pair in EVERY],
    *[(first, second) for first, second in combinations(EVERY, 2) if first[0] != second[0]],
]

rules = st.builds(
    lambda small_gap, less, more: ReleaseRule(2 * small_gap + more, max(ROUNDING, small_gap - less), small_gap),
    st.integers(SMALL_GAP, 30),
    st.integers(0, 25),
    st.integers(0, 30),
)
answers = st.integers(0, 400).flatmap(lambda applicable: st.tuples(st.just(applicable), st.integers(0, applicable)))
audits = st.frozensets(st.integers(0, 60))


def some_of(name: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(DIMENSIONS[name]), unique=True, max_size=2).map(tuple)


records = st.builds(
    lambda chosen, team, age, harm: Record(
        encode_answers(TEMPLATE, dict(zip(TEMPLATE.theme_keys, chosen, strict=True))),
        {"team": (team,), "age": (age,), "harm": harm},
    ),
    st.lists(st.sampled_from(TEMPLATE.scale.answers), min_size=4, max_size=4),
    st.sampled_from(DIMENSIONS["team"]),
    st.sampled_from(DIMENSIONS["age"]),
    some_of("harm"),
)


@pytest.mark.parametrize(
    "thresholds",
    [(9, 5, 5), (10, 4, 5), (10, 5, 4), (10, 5, 6), (12, 6, 5), (40, 30, 20), (0, 0, 0), (-10, 5, 5), (8, 10, 5)],
)
def test_thresholds_are_never_lowered_nor_made_to_overlap(thresholds: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match=r"only be raised|lie between"):
        ReleaseRule(*thresholds)


@given(rules, st.integers(0, 10_000))
def test_rounding_goes_to_the_nearest_multiple_and_up_from_half_way(rule: ReleaseRule, number: int) -> None:
    rounded = rule.rounded(number)
    assert rounded % rule.rounding == 0
    assert -rule.rounding < 2 * (number - rounded) <= rule.rounding or 2 * (rounded - number) == rule.rounding
    assert 2 * (number - rounded) < rule.rounding


@given(rules, st.integers(0, 500))
def test_a_count_is_hidden_under_the_smallest_and_rounded_from_it_on(rule: ReleaseRule, number: int) -> None:
    shown = release_count(number, rule)
    assert (shown is None) == (number < rule.smallest)
    assert shown in {None, rule.rounded(number)}
    assert shown != 0


@pytest.mark.parametrize(
    ("applicable", "below", "shown", "text"),
    [
        (0, 0, Released(None), "c"),
        (9, 0, Released(None), "c"),
        (9, 9, Released(None), "c"),
        (10, 0, Released(10), "c"),
        (10, 4, Released(10), "c"),
        (10, 5, Released(None), "c"),
        (10, 6, Released(10, all_but_few=True), "10 less c"),
        (12, 6, Released(10, 5), "5"),
        (12, 7, Released(10, all_but_few=True), "10 less c"),
        (13, 7, Released(15, 5), "5"),
        (13, 13, Released(15, all_but_few=True), "15 less c"),
        (100, 5, Released(100), "c"),
        (100, 6, Released(100, 5), "5"),
        (100, 94, Released(100, 95), "95"),
        (100, 95, Released(100, all_but_few=True), "100 less c"),
        (4_000, 2_000, Released(4_000, 2_000), "2,000"),
        (4_000, 4_000, Released(4_000, all_but_few=True), "4,000 less c"),
    ],
)
def test_small_numbers_and_what_is_left_of_great_ones_are_hidden(
    applicable: int, below: int, shown: Released, text: str
) -> None:
    assert release(applicable, below, RULE) == shown
    assert shown.below_text == text


@given(rules, answers)
def test_what_is_shown_of_a_theme_is_never_about_few(rule: ReleaseRule, counts: tuple[int, int]) -> None:
    applicable, below = counts
    shown = release(applicable, below, rule)
    if applicable < rule.smallest:
        assert shown == Released(None)
    if shown.below is not None:
        assert rule.small_gap < below < applicable - rule.small_gap
        assert shown.below == rule.rounded(below)
        assert shown.applicable == rule.rounded(applicable)
    if shown.all_but_few:
        assert applicable - below <= rule.small_gap < below
    if shown.applicable is not None and shown.below is None and not shown.all_but_few:
        assert below <= rule.small_gap < applicable - below


@given(answers)
def test_what_is_shown_of_a_theme_fits_several_true_numbers(counts: tuple[int, int]) -> None:
    shown = release(*counts, RULE)
    first, second = (range(max(0, number - 9), number + 10) for number in counts)
    alike = [(one, two) for one in first for two in second if two <= one and release(one, two, RULE) == shown]
    assert len(alike) >= 3


@given(rules, answers)
def test_shares_are_of_rounded_numbers_alone(rule: ReleaseRule, counts: tuple[int, int]) -> None:
    shown = release(*counts, rule)
    if shown.applicable is None or shown.below is None:
        assert shown.share_meeting is None
    else:
        assert shown.share_meeting == 1 - Fraction(rule.rounded(counts[1]), rule.rounded(counts[0]))
        assert 0 <= shown.share_meeting < 1


@given(rules, answers, answers)
def test_a_group_whose_few_are_hidden_never_stands_inside_one_shown_as_all_but_few(
    rule: ReleaseRule, inner: tuple[int, int], rest: tuple[int, int]
) -> None:
    """Else the few others of the whole would all be in the one, and everybody in what is left would be below."""
    part = release(*inner, rule)
    whole = release(inner[0] + rest[0], inner[1] + rest[1], rule)
    if whole.all_but_few:
        assert part.applicable is None or part.all_but_few
    if whole.applicable is not None and whole.below is None and not whole.all_but_few:
        assert part.below is None
        assert not part.all_but_few


@pytest.mark.parametrize("counts", [(3, 4), (-1, -1), (5, -1), (0, 1)])
def test_more_answers_below_the_standard_than_answers_are_refused(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="some of those applicable"):
        release(*counts, RULE)


@given(st.lists(records, max_size=80))
def test_every_cell_is_the_release_of_a_plain_count(counted: list[Record]) -> None:
    cells = release_table(TEMPLATE, counted, DIMENSIONS, RULE)
    letters = dict(zip("abcdef", TEMPLATE.scale.answers, strict=False))
    assert list(cells.groups) == GOOD
    for filters, group in cells.groups.items():
        within = [each for each in counted if all(value in each.bands[name] for name, value in filters)]
        assert group.audits == release_count(len(within), RULE)
        for place, shown in enumerate(group.themes):
            given_ = [letters[each.line[place]] for each in within]
            applicable = sum(TEMPLATE.is_applicable(answer) for answer in given_)
            assert shown == release(applicable, sum(TEMPLATE.counts_below(answer) for answer in given_), RULE)


def test_a_group_that_nobody_is_in_looks_like_one_of_few() -> None:
    line = encode_answers(TEMPLATE, dict.fromkeys(TEMPLATE.theme_keys, TEMPLATE.scale.worst))
    counted = [Record(line, {"team": ("north",), "age": ("under-5",), "harm": ()})] * 20
    counted += [Record(line, {"team": ("south",), "age": ("under-5",), "harm": ()})] * 9
    groups = release_table(TEMPLATE, counted, DIMENSIONS, RULE).groups
    few, nobody = groups[("team", "south"),], groups[("team", "east"),]
    assert few == nobody == ReleasedGroup(None, (Released(None),) * len(TEMPLATE.theme_keys))


@pytest.mark.parametrize("bands", [{"team": ("west",)}, {"team": ("north", "west")}, {"harm": ("Fear",)}])
def test_a_band_that_its_dimension_does_not_list_is_refused(bands: dict[str, tuple[str, ...]]) -> None:
    line = encode_answers(TEMPLATE, dict.fromkeys(TEMPLATE.theme_keys, TEMPLATE.scale.worst))
    with pytest.raises(ValueError, match="does not list"):
        release_table(TEMPLATE, [Record(line, bands)], DIMENSIONS, RULE)


CELLS = release_table(TEMPLATE, [], DIMENSIONS, RULE)


def a_list(chance: random.Random) -> Filters:
    name = chance.choice(list(DIMENSIONS))
    values = chance.sample(DIMENSIONS[name], 2)
    return ((name, chance.choice([",", "|", " or ", ";", "&"]).join(values)),)


def a_real_list(chance: random.Random) -> Filters:
    name = chance.choice(list(DIMENSIONS))
    return ((name, chance.choice([list, tuple])(DIMENSIONS[name])),)


def a_range(chance: random.Random) -> Filters:
    return (chance.choice([("age", "under-5..5-and-over"), ("age", ">=0"), ("age", "[0 TO 9]"), ("age", "0-17")]),)


def a_third_dimension(chance: random.Random) -> Filters:
    return tuple((name, chance.choice(values)) for name, values in chance.sample(sorted(DIMENSIONS.items()), 3))


def an_unknown_name(chance: random.Random) -> Filters:
    name, value = chance.choice(EVERY)
    return ((chance.choice([name.upper(), f"{name} ", f"!{name}", f"{name}__in", "", "theme", "date"]), value),)


def an_unknown_value(chance: random.Random) -> Filters:
    name, value = chance.choice(EVERY)
    strange = ["*", "", "%", value.upper(), f" {value}", f"{value}\0", f"!{value}", value[:-1], "null", "' or 1=1 --"]
    return ((name, chance.choice(strange)),)


def another_name_s_value(chance: random.Random) -> Filters:
    (name, _), (_, value) = chance.choice([pair for pair in combinations(EVERY, 2) if pair[0][0] != pair[1][0]])
    return ((name, value),)


def the_same_dimension_twice(chance: random.Random) -> Filters:
    name = chance.choice(list(DIMENSIONS))
    return ((name, chance.choice(DIMENSIONS[name])), (name, chance.choice(DIMENSIONS[name])))


BAD: tuple[Callable[[random.Random], Filters], ...] = (
    a_list,
    a_real_list,
    a_range,
    a_third_dimension,
    an_unknown_name,
    an_unknown_value,
    another_name_s_value,
    the_same_dimension_twice,
)


def test_of_5000_bad_filters_every_one_is_refused_with_what_is_allowed(
    record_property: Callable[[str, object], None],
) -> None:
    chance, refused = random.Random(20), 0
    for place in range(5_000):
        bad = BAD[place % len(BAD)](chance)
        # Beside a good filter, before or after it, a bad one is no better.
        free = [pair for pair in EVERY if pair[0] not in {name.strip(" !").lower() for name, _ in bad}]
        if len(bad) < MOST_DIMENSIONS and chance.random() < 0.5:
            bad = (*bad, chance.choice(free)) if chance.random() < 0.5 else (chance.choice(free), *bad)
        with pytest.raises(ValueError, match=r"^(Choose at most 2|Filter by one of: team, age|Give \w+ one )"):
            CELLS.check(bad)
        refused += 1
    record_property("figure", f"Bad filters refused: {refused:,} of 5,000")


def test_every_good_filter_is_answered_and_there_are_no_more_answers_than_those() -> None:
    for filters in GOOD:
        CELLS.check(filters)
        CELLS.check(filters[::-1])
    values = [len(each) for each in DIMENSIONS.values()]
    pairs = sum(first * second for first, second in combinations(values, 2))
    assert len(CELLS.groups) == len(GOOD) == 1 + sum(values) + pairs
    answered = set()
    some = [*EVERY, ("team", "west"), ("age", ""), ("month", "may")]
    for filters in [(), *((pair,) for pair in some), *((one, two) for one in some for two in some)]:
        try:
            CELLS.check(filters)
        except ValueError:
            continue
        answered.add(frozenset(filters))
    assert answered == {frozenset(filters) for filters in CELLS.groups}


def test_a_dimension_without_values_answers_nothing() -> None:
    with pytest.raises(ValueError, match="Give team one of its values"):
        ReleaseTable({"team": ()}, {}).check((("team", "north"),))


@given(st.frozensets(st.integers(0, 60), min_size=1), audits, st.frozensets(st.integers(61, 90)))
def test_a_snapshot_follows_one_that_it_shares_audits_with_only_if_they_differ_by_many(
    both: frozenset[int], gone: frozenset[int], more: frozenset[int]
) -> None:
    gone -= both
    may = len(more) >= NEWLY_COUNTED or (not more and len(gone) >= NEWLY_COUNTED)
    assert may_follow_snapshot(both | more, both | gone) is may


@given(st.frozensets(st.integers(0, 60), min_size=1))
def test_a_snapshot_never_follows_one_of_the_same_audits_or_of_a_few_less(earlier: frozenset[int]) -> None:
    assert not may_follow_snapshot(earlier, earlier)
    assert not may_follow_snapshot(earlier | set(range(100, 100 + NEWLY_COUNTED - 1)), earlier)
    assert may_follow_snapshot(earlier | set(range(100, 100 + NEWLY_COUNTED)), earlier)
    assert may_follow_snapshot(frozenset({1000}), earlier)


@pytest.mark.parametrize(
    ("numbers", "applicable"),
    [
        ([10, 10, 10, 10], None),
        ([10, 10, 10, 10, 10], 50),
        ([10, 10, 10, 10, 40], 80),
        ([10, 10, 10, 10, 45], None),
        ([45, 10, 10, 10, 10], None),
    ],
)
def test_no_organisation_is_told_from_a_sum_over_several(numbers: list[int], applicable: int | None) -> None:
    cells = [Released(number, 5) for number in numbers]
    below = None if applicable is None else 25
    hidden = [Released(None), Released(100), Released(100, all_but_few=True)]
    assert sum_over_organisations(cells) == sum_over_organisations([*hidden, *cells]) == Released(applicable, below)


def test_the_floor_is_that_of_published_practice() -> None:
    assert (SMALLEST, ROUNDING, SMALL_GAP) == (10, 5, 5)
