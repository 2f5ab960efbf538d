"""Deducing: what follows from shown numbers by adding and subtracting, no more and nothing that is not so."""

import random
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.release.bounds import ContradictionError
from checklists.release.deduction import MOST_STEPS, deduce, tighten_rule
from checklists.release.disclosure import (
    STRICTER,
    Record,
    Released,
    ReleasedGroup,
    ReleaseRule,
    ReleaseTable,
    release,
    release_table,
)
from checklists.release.disclosure import release_count as shown_count
from checklists.release.layers import Deduced, Overlap, Sums, Table
from checklists.release.shown import AsCounted, ShownCounts, as_counted, span_of_count, spans_of_theme
from checklists.release.steps import Steps
from tests.checklists.release.organisations import DIMENSIONS, ONE_THEME, TWO_THEMES, an_organisation

RULE = ReleaseRule()
TOLD = (40, 75)  # size and seed of an organisation of which the mildest rule tells something
RULES = (RULE, ReleaseRule(13, 6, 6), *STRICTER)


@pytest.mark.parametrize("rule", RULES)
def test_a_shown_count_lies_between_the_least_and_the_most_that_is_shown_so(rule: ReleaseRule) -> None:
    alike: dict[int | None, list[int]] = {}
    for number in range(300):
        alike.setdefault(shown_count(number, rule), []).append(number)
    alike.popitem()  # the last may go on
    for shown, numbers in alike.items():
        assert span_of_count(shown, rule) == (numbers[0], numbers[-1])


@pytest.mark.parametrize("rule", RULES)
def test_true_numbers_of_a_theme_lie_within_what_is_read_from_it(rule: ReleaseRule) -> None:
    for applicable in range(120):
        for below in range(applicable + 1):
            numbers = (applicable, below, applicable - below)
            spans = spans_of_theme(release(applicable, below, rule), rule)
            assert all(span.least <= number <= span.most for span, number in zip(spans, numbers, strict=True))


def cells(dimensions: Mapping[str, Sequence[str]], shown: Mapping[tuple[str, ...], int | None]) -> ReleaseTable:
    """Of one dimension: how many audits it shows of all and of each value, with a theme that shows nothing."""
    (name,) = dimensions
    groups = {
        tuple((name, value) for value in values): ReleasedGroup(audits, (Released(None),))
        for values, audits in shown.items()
    }
    return ReleaseTable(dimensions, groups)


def test_where_the_shown_groups_leave_one_number_only_to_the_hidden_ones_it_is_deduced() -> None:
    values = ("a", "b", "c", "d", "e")
    shown: dict[tuple[str, ...], int | None] = {("a",): 15, ("b",): 15, ("c",): 15, ("d",): None, ("e",): None}
    shown_to_be = {rounded: shown | {(): rounded} for rounded in (50, 60, 70)}
    for rounded, audits in ((50, 52), (60, 62)):
        assert not deduce([ShownCounts(cells({"team": values}, shown_to_be[rounded]), RULE, frozenset(range(audits)))])
    # Three of 17 at most leave 18 of 69 to the two hidden ones, which have 9 at most.
    told = deduce([ShownCounts(cells({"team": values}, shown_to_be[70]), RULE, frozenset(range(69)))])
    assert told == {Deduced((("team", value),), None) for value in ("d", "e")}


def test_sums_are_not_taken_over_what_a_record_may_have_several_of() -> None:
    shown = {(): 70, ("a",): 15, ("b",): 15, ("c",): 15, ("d",): None, ("e",): None}
    harms = ShownCounts(cells({"harm": ("a", "b", "c", "d", "e")}, shown), RULE, frozenset(range(69)))
    assert deduce([harms])
    assert not deduce([harms], several={"harm"})


def test_a_theme_that_is_hidden_and_then_shown_tells_of_the_one_child_that_came_between() -> None:
    """From 11 of whom 6 are below to 12 of whom 6 are: first 5 or fewer meet the standard and then 6 or more."""
    line = {state: ONE_THEME.line([state]) for state in (1, 2)}
    bands = {"team": ("north",), "status": ("in-need",), "age": ("under-5",), "harm": ()}
    elsewhere = {"team": ("south",), "status": ("protection",), "age": ("5-to-11",), "harm": ()}
    first = [Record(line[2], bands)] * 6 + [Record(line[1], bands)] * 5 + [Record(line[1], elsewhere)] * 40
    second = [*first, Record(line[1], bands), *[Record(line[2], elsewhere)] * 9]
    shown = [
        ShownCounts(release_table(ONE_THEME.template, each, DIMENSIONS, RULE), RULE, frozenset(range(len(each))))
        for each in (first, second)
    ]
    assert not any(deduce([each], several={"harm"}) for each in shown)
    assert deduce(shown, several={"harm"})


@given(st.integers(20, 90), st.integers(0, 25), st.integers(0, 10_000), st.sampled_from(RULES))
def test_every_true_number_lies_in_the_span_that_is_deduced_for_it(
    size: int, more: int, seed: int, rule: ReleaseRule
) -> None:
    records = an_organisation(size + more, seed, TWO_THEMES)
    snapshots = [records[:size], records]
    shown = [
        ShownCounts(release_table(TWO_THEMES.template, each, DIMENSIONS, rule), rule, frozenset(range(len(each))))
        for each in snapshots
    ]
    sums = Sums(Table(shown, {"harm"}), shown, Overlap(shown), TWO_THEMES.themes, Steps(MOST_STEPS))
    sums.show(shown[-1])
    truth = [TWO_THEMES.tally(each) for each in snapshots]
    for theme in TWO_THEMES.themes:
        for own, true in zip(sums.own, truth, strict=True):
            for filters, first in sums.table.first.items():
                left_out, meets, below = (true[filters, theme, state] for state in range(3))
                numbers = (left_out + meets + below, meets + below, left_out, below, meets)
                for measure, number in enumerate(numbers):
                    place = own * sums.table.measures.count + first + measure
                    least, most = (sums.lanes.unpacked(each[place]) for each in (sums.bounds.least, sums.bounds.most))
                    assert least[theme] <= number <= most[theme]


def test_the_same_is_deduced_whatever_the_order_of_the_records() -> None:
    records = an_organisation(*TOLD)
    told = []
    for _ in range(2):
        cells_shown = release_table(TWO_THEMES.template, records, DIMENSIONS, RULE)
        told.append(deduce([ShownCounts(cells_shown, RULE, frozenset(range(TOLD[0])))], several={"harm"}))
        random.Random(1).shuffle(records)
    assert told[0] == told[1] != frozenset()


def test_snapshots_of_other_themes_are_not_held_together() -> None:
    one = cells({"team": ("a",)}, {(): None, ("a",): None})
    two = ReleaseTable(one.dimensions, {(): ReleasedGroup(None, (Released(None),) * 2)})
    with pytest.raises(ValueError, match="same themes"):
        deduce([ShownCounts(one, RULE, frozenset({1})), ShownCounts(two, RULE, frozenset({2}))])


def test_the_mildest_rule_that_tells_nothing_is_taken_and_none_milder_than_asked() -> None:
    records = an_organisation(40, 0, ONE_THEME)

    def under(rule: ReleaseRule) -> ReleaseTable:
        return release_table(ONE_THEME.template, records, DIMENSIONS, rule)

    audits = frozenset(range(40))
    for asked in (RULE, STRICTER[0], STRICTER[1]):
        safe = tighten_rule(asked, under, audits, several={"harm"})
        assert safe is not None
        assert safe == (under(safe[1]), safe[1])
        assert safe[1].is_as_strict_as(asked)
    # Few audits are never released under a rule that would hide them all.
    assert tighten_rule(STRICTER[-1], under, audits, several={"harm"}) is None


def test_each_snapshot_of_other_audits_begins_one_rule_further_up() -> None:
    def under(rule: ReleaseRule) -> ReleaseTable:
        half, whole = shown_count(100, rule), shown_count(200, rule)
        return cells({"team": ("a", "b")}, {(): whole, ("a",): half, ("b",): half})

    def rule_after(*earlier: int) -> ReleaseRule:
        shown = [ShownCounts(under(RULE), RULE, frozenset(range(start, start + 200))) for start in earlier]
        found = tighten_rule(RULE, under, frozenset(range(200)), earlier=shown)
        assert found is not None
        return found[1]

    rules = (RULE, *STRICTER)
    for before in range(len(rules) + 2):
        assert rule_after(*(200 * place for place in range(1, before + 1))) == rules[min(before, len(rules) - 1)]
    assert rule_after(0, 0, 200, 200) == rules[1]


def test_snapshots_that_contradict_each_other_are_refused_where_it_is_known_how_they_counted() -> None:
    audits = frozenset(range(200))
    how = dict.fromkeys(audits, AsCounted("alike", "b"))

    def shown(theme: Released, counted: Mapping[int, AsCounted]) -> ShownCounts:
        group = ReleasedGroup(shown_count(200, RULE), (theme,))
        table = ReleaseTable({"team": ("a",)}, {(): group, (("team", "a"),): group})
        return ShownCounts(table, RULE, audits, counted)

    many, few = Released(200, 100), Released(50, 20)
    with pytest.raises(ContradictionError):
        deduce([shown(many, how), shown(few, how)])
    assert not deduce([shown(many, how), shown(many, how)])
    assert not deduce([shown(many, {}), shown(few, how)])


def test_a_snapshot_that_does_not_say_how_it_counted_hides_nothing_of_what_the_others_tell() -> None:
    """Of 12 in the north 5 met the standard, which hid them; then one more did: what was hidden is known."""
    north = {"team": ("north",), "status": ("in-need",), "age": ("under-5",), "harm": ()}
    south = {"team": ("south",), "status": ("protection",), "age": ("5-to-11",), "harm": ()}

    def records(met: int) -> list[Record]:
        states = [(north, 1)] * met + [(north, 2)] * (12 - met) + [(south, 1)] * 24 + [(south, 2)] * 24
        return [Record(ONE_THEME.line([state]), bands) for bands, state in states]

    def under(rule: ReleaseRule, counted: list[Record]) -> ReleaseTable:
        return release_table(ONE_THEME.template, counted, DIMENSIONS, rule)

    before, after = records(5), records(6)
    nothing = [Record(ONE_THEME.line([0]), record.bands) for record in before]
    audits = frozenset(range(60))
    says, says_not = (
        ShownCounts(under(RULE, before), RULE, audits, as_counted(ONE_THEME.template, dict(enumerate(before)))),
        ShownCounts(under(RULE, nothing), RULE, audits),
    )

    def rule_after(*earlier: ShownCounts) -> ReleaseRule | None:
        how = as_counted(ONE_THEME.template, dict(enumerate(after)))
        found = tighten_rule(
            RULE, lambda rule: under(rule, after), audits, as_counted=how, earlier=earlier, several={"harm"}
        )
        return None if found is None else found[1]

    assert rule_after() == rule_after(says_not) == RULE
    assert rule_after(says) == rule_after(says, says_not) != RULE
