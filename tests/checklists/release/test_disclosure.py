"""Disclosure control: what is few is hidden, the rest is altered, and only a fixed set of questions is answered."""

import random
from collections.abc import Callable
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.release.counting import ReleasedRound, as_counted, release_round
from checklists.release.disclosure import (
    MOST_DIMENSIONS,
    NEWLY_COUNTED,
    SMALLEST,
    Filters,
    FormerRule,
    Possible,
    Record,
    Released,
    ReleasedGroup,
    ReleaseRule,
    ReleaseTable,
    Span,
    around,
    may_follow_snapshot,
    sum_over_organisations,
)
from checklists.reports.tallies import encode_answers
from tests.checklists.small_template import a_template

TEMPLATE = a_template()
DIMENSIONS = {"team": ("north", "south", "east"), "age": ("under-5", "5-and-over"), "harm": ("fear", "neglect")}
EVERY = [(name, value) for name, values in DIMENSIONS.items() for value in values]
GOOD: list[Filters] = [
    (),
    *[(pair,) for pair in EVERY],
    *[(first, second) for first, second in combinations(EVERY, 2) if first[0] != second[0]],
]

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


def table(counted: list[Record], seed: int = 0) -> ReleaseTable:
    return release(counted, seed).table


def release(counted: list[Record], seed: int) -> ReleasedRound:
    records = dict(enumerate(counted))
    return release_round(TEMPLATE, records, as_counted(TEMPLATE, records), DIMENSIONS, key=b"%d" % seed)


@pytest.mark.parametrize(("smallest", "within"), [(9, 2), (0, 2), (-10, 2), (10, 0)])
def test_thresholds_are_never_lowered(smallest: int, within: int) -> None:
    with pytest.raises(ValueError, match=r"only be raised|is the truth"):
        ReleaseRule(smallest, within)


@given(st.integers(10, 30), st.integers(1, 4), answers)
def test_a_theme_of_few_in_the_copy_is_hidden_and_others_are_shown_as_they_are(
    smallest: int, within: int, copied: tuple[int, int]
) -> None:
    shown = ReleaseRule(smallest, within).release(*copied)
    assert shown == (Released(*copied) if copied[0] >= smallest else Released(None))
    assert shown.below_text == ("c" if shown.below is None else str(shown.below))


@given(st.integers(10, 30), st.integers(1, 4), answers, st.data())
def test_the_true_numbers_lie_within_what_may_be_behind_what_is_shown(
    smallest: int, within: int, copied: tuple[int, int], data: st.DataObject
) -> None:
    rule = ReleaseRule(smallest, within)
    below = data.draw(st.integers(max(0, copied[1] - within), copied[1] + within))
    meeting = data.draw(st.integers(max(0, copied[0] - copied[1] - within), copied[0] - copied[1] + within))
    if abs(below + meeting - copied[0]) <= within:
        possible = rule.possible(rule.release(*copied))
        for span, number in zip(possible, (below + meeting, below, meeting), strict=True):
            assert span.least <= number <= span.most


@pytest.mark.parametrize(
    ("shown", "possible"),
    [
        (Released(None), Possible(Span(0, 10), Span(0, 9), Span(0, 9))),
        (Released(10), Possible(Span(10, 12), Span(0, 5), Span(6, 12))),
        (Released(10, all_but_few=True), Possible(Span(10, 12), Span(6, 12), Span(0, 5))),
        (Released(40, 5), Possible(Span(38, 42), Span(6, 7), Span(6, 42))),
        (Released(40, 20), Possible(Span(38, 42), Span(18, 22), Span(6, 42))),
    ],
)
def test_what_was_shown_under_the_former_rule_still_tells_what_may_be_behind_it(
    shown: Released, possible: Possible
) -> None:
    assert FormerRule(10, 5, 5).possible(shown) == possible


@given(st.lists(records, max_size=80), st.integers(0, 1000))
def test_every_cell_is_within_the_stated_number_of_a_plain_count(counted: list[Record], seed: int) -> None:
    released = release(counted, seed)
    letters = dict(zip("abcdef", TEMPLATE.scale.answers, strict=False))
    assert list(released.table.groups) == GOOD
    for filters, group in released.table.groups.items():
        within = [each for each in counted if all(value in each.bands[name] for name, value in filters)]
        assert group.audits == (None if filters else len(counted))
        for place, shown in enumerate(group.themes):
            given_ = [letters[each.line[place]] for each in within]
            applicable = sum(TEMPLATE.is_applicable(answer) for answer in given_)
            below = sum(TEMPLATE.counts_below(answer) for answer in given_)
            possible = released.rule.possible(shown)
            for span, number in zip(possible, (applicable, below, applicable - below), strict=True):
                assert span.least <= number <= span.most
    for domain in TEMPLATE.learning_domains:
        places = [TEMPLATE.theme_keys.index(theme.key) for theme in domain.themes]
        given_ = [letters[each.line[place]] for each in counted for place in places]
        shown = released.domains[domain.key]
        if shown.applicable is not None and shown.below is not None:
            assert abs(shown.applicable - sum(map(TEMPLATE.is_applicable, given_))) <= released.rule.within
            assert abs(shown.below - sum(map(TEMPLATE.counts_below, given_))) <= released.rule.within


def test_a_group_that_nobody_is_in_looks_like_one_of_few() -> None:
    line = encode_answers(TEMPLATE, dict.fromkeys(TEMPLATE.theme_keys, TEMPLATE.scale.worst))
    counted = [Record(line, {"team": ("north",), "age": ("under-5",), "harm": ()})] * 20
    counted += [Record(line, {"team": ("south",), "age": ("under-5",), "harm": ()})] * 7
    groups = table(counted).groups
    few, nobody = groups[("team", "south"),], groups[("team", "east"),]
    assert few == nobody == ReleasedGroup(None, (Released(None),) * len(TEMPLATE.theme_keys))


@pytest.mark.parametrize("bands", [{"team": ("west",)}, {"team": ("north", "west")}, {"harm": ("Fear",)}])
def test_a_band_that_its_dimension_does_not_list_is_refused(bands: dict[str, tuple[str, ...]]) -> None:
    line = encode_answers(TEMPLATE, dict.fromkeys(TEMPLATE.theme_keys, TEMPLATE.scale.worst))
    with pytest.raises(ValueError, match="does not list"):
        table([Record(line, bands)])


CELLS = table([])


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
        said = r"^(Select no more than 2|Filter by one of: team, age|Enter 1 value for |Value for )"
        with pytest.raises(ValueError, match=said):
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
    with pytest.raises(ValueError, match="Value for team must be one of"):
        ReleaseTable({"team": ()}, {}).check((("team", "north"),))


@given(st.frozensets(st.integers(0, 60), min_size=1), audits, st.frozensets(st.integers(61, 90)))
def test_a_snapshot_follows_one_that_it_shares_audits_with_only_if_they_differ_by_many(
    both: frozenset[int], gone: frozenset[int], more: frozenset[int]
) -> None:
    gone -= both
    may = len(more) >= NEWLY_COUNTED or (not more and len(gone) >= NEWLY_COUNTED)
    assert may_follow_snapshot(both | more, both | gone) is may


def test_a_snapshot_leaves_out_as_many_as_are_newly_counted_or_none() -> None:
    some, many = frozenset({0}), frozenset(range(1, NEWLY_COUNTED + 1))
    assert may_follow_snapshot(some, some | many)
    assert not may_follow_snapshot(some, some | many - {1})


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
    rule = ReleaseRule()
    cells = [(cell, rule.possible(cell)) for number in numbers for cell in [Released(number, 5)]]
    below = None if applicable is None else 25
    hidden = [(cell, rule.possible(cell)) for cell in (Released(None), Released(None))]
    assert sum_over_organisations(cells) == sum_over_organisations([*hidden, *cells])
    assert sum_over_organisations(cells)[0] == Released(applicable, below)


def test_the_floor_is_that_of_published_practice() -> None:
    assert SMALLEST == 10


def test_what_is_shown_says_its_share_and_its_text() -> None:
    shown = [Released(None), Released(0, 0), Released(40), Released(40, 10), Released(1_000, all_but_few=True)]
    assert [each.share_meeting for each in shown] == [None, None, None, Fraction(3, 4), None]
    assert [each.below_text for each in shown] == ["c", "0", "c", "10", "1,000 less c"]


def test_the_spans_behind_what_is_shown_begin_at_nought() -> None:
    rule = ReleaseRule(10, 2)
    assert rule == ReleaseRule()
    assert rule.possible(Released(None)) == Possible(*[Span(0, 11)] * 3)
    assert rule.possible(Released(10, 1)) == Possible(Span(8, 12), Span(0, 3), Span(7, 11))
    assert [around(5, 2), around(1, 2), around(5, 2, most=6)] == [Span(3, 7), Span(0, 3), Span(3, 6)]
    # Rounded to the nearest 4, a number of 40 was 38 to 41.
    assert FormerRule(10, 4, 5).possible(Released(40)).applicable == Span(38, 41)
