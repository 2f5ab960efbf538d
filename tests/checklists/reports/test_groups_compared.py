"""Two groups of cases side by side: what is a difference, and how often chance is called one."""

import random
from fractions import Fraction
from itertools import combinations

import pytest

from checklists.reports.gaps import Gap, theme_gaps
from checklists.reports.groups_compared import (
    Difference,
    compare_groups,
    comparisons_possible,
    limit_of_family,
)
from checklists.statistics.intervals import newcombe_difference
from checklists.templates.template import Template
from checklists.templates.template_file import check_template
from tests.desk import SMALL

TEMPLATE: Template = check_template(SMALL)
THEMES = len(TEMPLATE.themes)


def gaps(*meeting_of: tuple[int, int]) -> tuple[Gap, ...]:
    """The themes of a group, each with how many of how many met the standard."""
    pairs = [*meeting_of, *[(0, 0)] * (THEMES - len(meeting_of))]
    tallies: dict[tuple[str, str], int] = {}
    for theme, (meeting, of) in zip(TEMPLATE.theme_keys, pairs, strict=True):
        tallies |= {(theme, "good"): meeting, (theme, "inadequate"): of - meeting}
    return theme_gaps(TEMPLATE, tallies, audits=40, target=Fraction(9, 10), minimum=5)


@pytest.mark.parametrize(
    ("one", "other", "says"),
    [
        ((36, 40), (8, 40), Difference.CLEAR),
        ((8, 40), (36, 40), Difference.CLEAR),
        ((26, 40), (16, 40), Difference.POSSIBLE),
        ((22, 40), (20, 40), Difference.NONE),
        ((4, 4), (0, 40), Difference.TOO_FEW),
        ((40, 40), (0, 0), Difference.TOO_FEW),
    ],
)
def test_a_difference_is_clear_only_beyond_what_many_comparisons_explain(
    one: tuple[int, int], other: tuple[int, int], says: Difference
) -> None:
    first, *_ = compare_groups(gaps(one), gaps(other), minimum=5, comparisons=60)
    assert first.says is says
    assert first.interval == (newcombe_difference(*one, *other) if other[1] else None)
    assert first.difference == (Fraction(*one) - Fraction(*other) if other[1] else None)


def test_one_comparison_needs_no_more_than_its_own_interval() -> None:
    first, *_ = compare_groups(gaps((26, 40)), gaps((16, 40)), minimum=5, comparisons=1)
    assert first.says is Difference.CLEAR
    assert limit_of_family(1) == 0.05
    assert limit_of_family(0) == 0.05
    assert limit_of_family(10) == pytest.approx(0.005)


def test_every_theme_of_every_pair_of_groups_with_enough_audits_is_a_comparison() -> None:
    sizes = [[10, 20], [5, 5, 5, 4], []]
    pairs = sum(len(list(combinations([size for size in of if size >= 5], 2))) for of in sizes)
    assert comparisons_possible(15, sizes, minimum=5) == 15 * pairs == 60
    with pytest.raises(ValueError, match="at least 1"):
        compare_groups((), (), minimum=0, comparisons=1)


def test_where_groups_do_not_differ_hardly_any_round_has_a_clear_difference(record_property: object) -> None:
    """A thousand rounds of four themes by three groups that do not differ: 12 comparisons in each."""
    chance, rounds, clear, possible = random.Random(17), 1_000, 0, 0
    for _ in range(rounds):
        groups = [gaps(*((sum(chance.random() < 0.6 for _ in range(30)), 30) for _ in range(4))) for _ in range(3)]
        found = {
            each.says
            for one, other in combinations(groups, 2)
            for each in compare_groups(one, other, minimum=5, comparisons=12)
        }
        clear += Difference.CLEAR in found
        possible += bool(found & {Difference.CLEAR, Difference.POSSIBLE})
    record_property(
        "figure", f"Of {rounds:,} rounds without a difference {clear} have a clear one, {possible} a possible one"
    )  # type: ignore[operator]
    assert clear <= 0.05 * rounds
    assert possible > 0.25 * rounds


def test_every_difference_has_a_label() -> None:
    assert [each.label for each in Difference] == [
        *("Clear difference", "Possible difference", "No clear difference", "Too few to say"),
    ]
