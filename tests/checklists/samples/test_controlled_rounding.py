from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from math import prod
from typing import Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from checklists.samples.controlled_rounding import Table, round_randomly
from checklists.statistics.seeded_random import Numbers

UNIT = 60


@st.composite
def tables(draw: st.DrawFn, *, rows: int = 5, columns: int = 6) -> Table:
    """Some rows of some columns, in sixtieths, rows adding up to whole numbers."""
    width = draw(st.integers(1, columns))
    table = {}
    for row in range(draw(st.integers(1, rows))):
        cells = draw(st.lists(st.integers(0, 3 * UNIT), min_size=width, max_size=width))
        cells[-1] += -sum(cells) % UNIT
        table[f"row {row}"] = {f"column {place}": parts for place, parts in enumerate(cells) if parts}
    return table


def column_totals(table: Table) -> Counter[str]:
    totals: Counter[str] = Counter()
    for row in table.values():
        totals.update(row)
    return totals


@given(tables(), st.text(max_size=3))
def test_rows_keep_their_totals_and_nothing_moves_by_a_whole_one(table: Table, seed: str) -> None:
    found = round_randomly(table, UNIT, Numbers(seed, "test").below)
    totals, before = column_totals(found), column_totals(table)
    for row, cells in table.items():
        assert sum(found[row].values()) * UNIT == sum(cells.values())
        for column, parts in cells.items():
            assert abs(found[row][column] * UNIT - parts) < UNIT
    for column, parts in before.items():
        assert abs(totals[column] * UNIT - parts) < UNIT


class Foreseen:
    """Chance that turns the way it is told, then always onward, and keeps how likely each turn was."""

    def __init__(self, turns: Sequence[bool]) -> None:
        self.turns = list(turns)
        self.likely: list[Fraction] = []

    def below(self, limit: int) -> int:
        return _Number(self, limit)


class _Number(int):
    """Some number below a limit, of which nothing is known until it is compared."""

    chance: Foreseen
    limit: int

    def __new__(cls, chance: Foreseen, limit: int) -> Self:
        made = super().__new__(cls)
        made.chance, made.limit = chance, limit
        return made

    def __lt__(self, other: int) -> bool:
        place = len(self.chance.likely)
        if place == len(self.chance.turns):
            self.chance.turns.append(True)
        turn, share = self.chance.turns[place], Fraction(other, self.limit)
        self.chance.likely.append(share if turn else 1 - share)
        return turn


def expectation(table: Table) -> dict[tuple[str, str], Fraction]:
    """Of each cell, over every way in which chance can turn, each with its exact probability."""
    expected: dict[tuple[str, str], Fraction] = {}
    turns: list[bool] | None = []
    while turns is not None:
        chance = Foreseen(turns)
        found = round_randomly(table, UNIT, chance.below)
        for row, cells in found.items():
            for column, count in cells.items():
                expected[row, column] = expected.get((row, column), Fraction(0)) + count * prod(chance.likely)
        while chance.turns and not chance.turns[-1]:
            chance.turns.pop()
        turns = [*chance.turns[:-1], False] if chance.turns else None
    return expected


@pytest.mark.long
@settings(max_examples=60)
@given(tables(rows=3, columns=4))
def test_each_cell_is_expected_to_be_exactly_what_it_was(table: Table) -> None:
    assert expectation(table) == {
        (row, column): Fraction(parts, UNIT) for row, cells in table.items() for column, parts in cells.items()
    }


def test_whole_cells_stay_and_take_no_number() -> None:
    table = {"a": {"x": 2 * UNIT, "y": 0}, "b": {"x": UNIT}}
    assert round_randomly(table, UNIT, Foreseen([]).below) == {"a": {"x": 2, "y": 0}, "b": {"x": 1}}


def test_halves_go_either_way_equally_often() -> None:
    table = {"a": {"x": 30, "y": 30}, "b": {"x": 30, "y": 30}}
    seen = Counter(str(round_randomly(table, UNIT, Numbers(str(seed), "test").below)) for seed in range(2000))
    assert len(seen) == 2
    assert chisquare(list(seen.values())).pvalue > 0.001


@pytest.mark.parametrize(("cells", "why"), [({"x": 30}, "whole number"), ({"x": -30, "y": 90}, "negative")])
def test_what_cannot_be_rounded_is_refused(cells: dict[str, int], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        round_randomly({"a": cells}, UNIT, Numbers("1", "test").below)
