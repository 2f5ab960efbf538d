"""Disclosure control: what may be shown of counts about few children to people who may not read the audits.

Figures are counted from an altered copy of the answers (`checklists.release.altered_copy`), which in every cell is
within a stated number of the truth; a figure of few in the copy is not shown. Only a fixed set of single-valued
questions is answered, on frozen numbers. What is shown depends on the copy alone, so nobody can tell more from it than
from the copy.

A snapshot of an earlier version of the service hid few and rounded the rest (`FormerRule`), and is read as it was made.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations
from typing import Final, NamedTuple

SMALLEST: Final = 10
NEWLY_COUNTED: Final = 10
MOST_DIMENSIONS: Final = 2
HIDDEN: Final = "c"  # the symbol of the Department for Education's statistics

Filters = tuple[tuple[str, str], ...]
"""What a cell is about: (dimension, value) pairs in the order of the dimensions; none for all audits."""


class Span(NamedTuple):
    """The least and the most that a number can be."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Released:
    """What is shown of a theme in a cell: None where hidden.

    `all_but_few`: in a snapshot under the former rule, nearly every applicable answer is below the standard, so the
    count is shown as "n less c".
    """

    applicable: int | None
    below: int | None = None
    all_but_few: bool = False

    @property
    def share_meeting(self) -> Fraction | None:
        """From what is shown alone; None unless both numbers are."""
        if not self.applicable or self.below is None:
            return None
        return 1 - Fraction(self.below, self.applicable)

    @property
    def below_text(self) -> str:
        """The text shown for the count below the standard."""
        if self.below is not None:
            return f"{self.below:,}"
        return f"{self.applicable:,} less {HIDDEN}" if self.all_but_few else HIDDEN


class Possible(NamedTuple):
    """The spans of the true numbers behind what is shown: of applicable answers, of answers below the standard, and of
    answers that meet it.
    """

    applicable: Span
    below: Span
    meeting: Span


def around(number: int, within: int, most: int | None = None) -> Span:
    """The numbers that differ from this one by at most `within`, from 0 to `most`."""
    high = number + within
    return Span(max(0, number - within), high if most is None else min(high, most))


@dataclass(frozen=True, slots=True)
class ReleaseRule:
    """Numbers of an altered copy, each within `within` of the truth; shown where the copy has `smallest` applicable
    answers or more. `smallest` can be raised and never lowered: ValueError.
    """

    smallest: int = SMALLEST
    within: int = 2

    def __post_init__(self) -> None:
        if self.smallest < SMALLEST:
            raise ValueError("the smallest number shown can only be raised")
        if self.within < 1:
            raise ValueError("a number that is within 0 of the truth is the truth")

    def release(self, applicable: int, below: int) -> Released:
        """What is shown for these numbers of the copy."""
        return Released(None) if applicable < self.smallest else Released(applicable, below)

    def possible(self, shown: Released) -> Possible:
        """The true numbers that may be behind it."""
        if shown.applicable is None or shown.below is None:
            few = Span(0, self.smallest - 1 + self.within)
            return Possible(few, few, few)
        numbers = (shown.applicable, shown.below, shown.applicable - shown.below)
        return Possible(*(around(number, self.within) for number in numbers))


@dataclass(frozen=True, slots=True)
class FormerRule:
    """The rule of snapshots that an earlier version of the service made: counts under `smallest` are hidden, others
    rounded to the nearest `rounding`; of the answers below the standard, counts of `small_gap` or fewer are hidden, and
    so is their complement if it is as small.
    """

    smallest: int
    rounding: int
    small_gap: int

    def possible(self, shown: Released) -> Possible:
        """The true numbers that may be behind it."""
        few = Span(0, self.small_gap)
        if shown.applicable is None:
            most = max(self.smallest - 1, 2 * self.small_gap)
            return Possible(Span(0, most), Span(0, self.smallest - 1), Span(0, self.smallest - 1))
        least, most = self._around(shown.applicable)
        applicable, many = Span(max(self.smallest, least), most), Span(self.small_gap + 1, most)
        if shown.all_but_few:
            return Possible(applicable, many, few)
        if shown.below is None:
            return Possible(applicable, few, many)
        least, most = self._around(shown.below)
        return Possible(applicable, Span(max(many.least, least), min(many.most, most)), many)

    def _around(self, number: int) -> Span:
        return Span(number - self.rounding // 2, number + (self.rounding - 1) // 2)


@dataclass(frozen=True, slots=True)
class Record:
    """A counted audit as disclosure control sees it: its answers, encoded (`reports.tallies`), and its bands.

    `meets_overall`: whether its overall judgement meets the standard; None for nothing to judge by.
    """

    line: str
    bands: Mapping[str, Sequence[str]]
    meets_overall: bool | None = None


@dataclass(frozen=True, slots=True)
class ReleasedGroup:
    """What is shown of a cell: each theme in template order, and how many audits the cell has. The number of audits of
    a part is shown only in snapshots under the former rule.

    A release of overall judgements has them as one theme more, after the template's own.
    """

    audits: int | None
    themes: tuple[Released, ...]

    @property
    def most_applicable(self) -> int | None:
        """The largest shown number of applicable answers of a theme; None where none is shown."""
        return max((each.applicable for each in self.themes if each.applicable is not None), default=None)


@dataclass(frozen=True, slots=True)
class ReleaseTable:
    """All that a snapshot can show: the whole, each value of a dimension, each pair of values of two dimensions."""

    dimensions: Mapping[str, Sequence[str]]
    groups: Mapping[Filters, ReleasedGroup] = field(repr=False)

    def check(self, filters: Filters) -> None:
        """ValueError, saying what is allowed, for anything but at most two single values of different dimensions."""
        names = [name for name, _ in filters]
        if len(filters) > MOST_DIMENSIONS:
            raise ValueError(f"Select no more than {MOST_DIMENSIONS} filters.")
        for name, value in filters:
            if name not in self.dimensions:
                raise ValueError(f"Filter by one of: {', '.join(self.dimensions)}.")
            if names.count(name) > 1:
                raise ValueError(f"Enter 1 value for {name}.")
            if value not in self.dimensions[name]:
                raise ValueError(f"Value for {name} must be one of: {', '.join(self.dimensions[name])}.")


class Cells:
    """Every cell that can be asked for, numbered: the first is that of all audits."""

    def __init__(self, dimensions: Mapping[str, Sequence[str]]) -> None:
        self.dimensions = dimensions
        every = [(name, value) for name, values in dimensions.items() for value in values]
        self.numbers: Mapping[Filters, int] = {filters: at for at, filters in enumerate(_filters(every))}
        self._of_bands: dict[tuple[tuple[str, str], ...], tuple[int, ...]] = {}

    def of(self, bands: Mapping[str, Sequence[str]]) -> tuple[int, ...]:
        """The cells of an audit with these bands. ValueError for a band that its dimension does not list."""
        pairs = tuple((name, value) for name in self.dimensions for value in bands.get(name, ()))
        if pairs not in self._of_bands:
            try:
                self._of_bands[pairs] = tuple(self.numbers[filters] for filters in _filters(pairs))
            except KeyError:
                raise ValueError("a record has a band that its dimension does not list") from None
        return self._of_bands[pairs]


def _filters(pairs: Sequence[tuple[str, str]]) -> Iterator[Filters]:
    yield ()
    for pair in pairs:
        yield (pair,)
    for first, second in combinations(pairs, 2):
        if first[0] != second[0]:
            yield (first, second)


def may_follow_snapshot(new: AbstractSet[object], earlier: AbstractSet[object]) -> bool:
    """Whether a snapshot of the audits `new` may be made after one of `earlier`: their difference must not be about
    few.

    Either they share none; or `new` has at least NEWLY_COUNTED that `earlier` has not; or it is a part of `earlier`
    that leaves out at least as many.
    """
    if not new & earlier:
        return True
    more, fewer = len(new - earlier), len(earlier - new)
    return more >= NEWLY_COUNTED or (more == 0 and fewer >= NEWLY_COUNTED)


LEAST_ORGANISATIONS: Final = 5


def sum_over_organisations(cells: Sequence[tuple[Released, Possible]]) -> tuple[Released, Possible | None]:
    """One theme over several organisations, one released cell each: the sum of what is shown and of what may be behind
    it, or hidden.

    At least LEAST_ORGANISATIONS must show both numbers, and none of them may make up more than half of the sum:
    otherwise one of them could be deduced from it.
    """
    shown = [
        (cell.applicable, cell.below, possible)
        for cell, possible in cells
        if cell.applicable is not None and cell.below is not None
    ]
    applicable = sum(number for number, _, _ in shown)
    if len(shown) < LEAST_ORGANISATIONS or 2 * max(number for number, _, _ in shown) > applicable:
        return Released(None), None
    return Released(applicable, sum(below for _, below, _ in shown)), add_up([each for _, _, each in shown])


def add_up(possible: Sequence[Possible]) -> Possible:
    """Between what the sums lie of numbers that lie between these."""
    return Possible(
        *(
            Span(sum(each.least for each in spans), sum(each.most for each in spans))
            for spans in zip(*possible, strict=True)
        )
    )
