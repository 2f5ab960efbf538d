"""Disclosure control: what may be shown of counts about few children to people who may not read the audits.

The rule follows practice in English statistics on children and health: hide what is about few (the threshold of the
Office for National Statistics' "10-5 rule"), round the rest to the nearest 5, recompute every percentage from rounded
numbers (OpenSAFELY, "Statistical disclosure control"), and answer only a fixed set of single-valued questions on frozen
numbers, because free filters and live counts undo suppression and rounding by differences.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations
from typing import Final

from checklists.reports.tallies import tally
from checklists.templates.template import Template

SMALLEST, ROUNDING, SMALL_GAP = 10, 5, 5
NEWLY_COUNTED: Final = 10
MOST_DIMENSIONS: Final = 2
HIDDEN: Final = "c"  # the symbol of the Department for Education's statistics

Filters = tuple[tuple[str, str], ...]
"""What a cell is about: (dimension, value) pairs in the order of the dimensions; none for all audits."""


@dataclass(frozen=True, slots=True)
class ReleaseRule:
    """Counts under `smallest` are hidden, others rounded to the nearest `rounding`; of the answers below the standard,
    counts of `small_gap` or fewer are hidden, and so is their complement if it is as small. Each can be raised and
    never lowered: ValueError.
    """

    smallest: int = SMALLEST
    rounding: int = ROUNDING
    small_gap: int = SMALL_GAP

    def __post_init__(self) -> None:
        if self.smallest < SMALLEST or self.rounding < ROUNDING or self.small_gap < SMALL_GAP:
            raise ValueError("the thresholds of disclosure control can only be raised")
        if self.rounding > self.smallest or self.small_gap < self.rounding or 2 * self.small_gap > self.smallest:
            raise ValueError("small gaps lie between the rounding and half the smallest count")

    def is_as_strict_as(self, other: "ReleaseRule") -> bool:
        """Whether none of its thresholds is under the other's."""
        return self.smallest >= other.smallest and self.rounding >= other.rounding and self.small_gap >= other.small_gap

    def rounded(self, number: int) -> int:
        """To the nearest multiple of `rounding`, halves up."""
        return (2 * number + self.rounding) // (2 * self.rounding) * self.rounding


@dataclass(frozen=True, slots=True)
class Released:
    """What is shown of a theme in a cell: rounded numbers, None where hidden.

    `all_but_few`: nearly every applicable answer is below the standard, so the count is shown as "n less c".
    """

    applicable: int | None
    below: int | None = None
    all_but_few: bool = False

    @property
    def share_meeting(self) -> Fraction | None:
        """From the rounded numbers alone; None unless both are shown."""
        if self.applicable is None or self.below is None:
            return None
        return 1 - Fraction(self.below, self.applicable)

    @property
    def below_text(self) -> str:
        """The text shown for the count below the standard."""
        if self.below is not None:
            return f"{self.below:,}"
        return f"{self.applicable:,} less {HIDDEN}" if self.all_but_few else HIDDEN


# The rules to use when something about few would follow from what a milder rule shows (`checklists.release.deduction`).
STRICTER: Final = (ReleaseRule(15, 5, 7), ReleaseRule(20, 10, 10), ReleaseRule(30, 10, 15), ReleaseRule(50, 25, 25))


def release(applicable: int, below: int, rule: ReleaseRule) -> Released:
    """What may be shown of this many applicable answers, given how many of them are below the standard."""
    if not 0 <= below <= applicable:
        raise ValueError("answers below the standard are some of those applicable")
    shown = release_count(applicable, rule)
    few_below, few_others = below <= rule.small_gap, applicable - below <= rule.small_gap
    # Where both are few nothing is shown: a group whose few are hidden then has more others than any "n less c", so
    # that one can never be inside the other and determine the rest.
    if shown is None or (few_below and few_others):
        return Released(None)
    if few_below:
        return Released(shown)
    if few_others:
        return Released(shown, all_but_few=True)
    return Released(shown, rule.rounded(below))


def release_count(number: int, rule: ReleaseRule) -> int | None:
    """What may be shown of a number of audits: rounded, or None under the threshold, including 0."""
    return None if number < rule.smallest else rule.rounded(number)


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
    """What is shown of the audits of one cell: how many, and each theme in template order.

    A release of overall judgements has them as one theme more, after the template's own.
    """

    audits: int | None
    themes: tuple[Released, ...]


@dataclass(frozen=True, slots=True)
class ReleaseTable:
    """All that a snapshot can show: the whole, each value of a dimension, each pair of values of two dimensions."""

    dimensions: Mapping[str, Sequence[str]]
    groups: Mapping[Filters, ReleasedGroup] = field(repr=False)

    def check(self, filters: Filters) -> None:
        """ValueError, saying what is allowed, for anything but at most two single values of different dimensions."""
        names = [name for name, _ in filters]
        if len(filters) > MOST_DIMENSIONS:
            raise ValueError(f"Choose at most {MOST_DIMENSIONS} things to filter by.")
        for name, value in filters:
            if name not in self.dimensions:
                raise ValueError(f"Filter by one of: {', '.join(self.dimensions)}.")
            if names.count(name) > 1:
                raise ValueError(f"Give {name} one value.")
            if value not in self.dimensions[name]:
                raise ValueError(f"Give {name} one of its values: {', '.join(self.dimensions[name])}.")


@dataclass(frozen=True, slots=True)
class CellCounts:
    """The true counts of every cell: how many audits, and for each theme the applicable answers and the ones below."""

    dimensions: Mapping[str, Sequence[str]]
    _counts: Mapping[Filters, tuple[int, Sequence[tuple[int, int]]]] = field(repr=False)

    def under(self, rule: ReleaseRule) -> ReleaseTable:
        """What a snapshot under this rule shows."""
        groups = {
            filters: ReleasedGroup(
                release_count(audits, rule), tuple([release(applicable, below, rule) for applicable, below in themes])
            )
            for filters, (audits, themes) in self._counts.items()
        }
        return ReleaseTable(self.dimensions, groups)


def count_cells(
    template: Template,
    records: Sequence[Record],
    dimensions: Mapping[str, Sequence[str]],
    *,
    with_overall: bool = False,
) -> CellCounts:
    """Count the records in every cell. ValueError for a band that its dimension does not list."""
    inside: dict[Filters, list[Record]] = defaultdict(list)
    order = list(dimensions)
    allowed = {name: frozenset(values) for name, values in dimensions.items()}
    for record in records:
        pairs = [(name, value) for name in order for value in record.bands.get(name, ())]
        if any(value not in allowed[name] for name, value in pairs):
            raise ValueError("a record has a band that its dimension does not list")
        for filters in _filters(pairs):
            inside[filters].append(record)
    every = [(name, value) for name in order for value in dimensions[name]]
    return CellCounts(
        dimensions,
        {
            filters: (len(of_cell), _themes(template, of_cell, with_overall=with_overall))
            for filters in _filters(every)
            for of_cell in [inside.get(filters, ())]
        },
    )


def release_table(
    template: Template, records: Sequence[Record], dimensions: Mapping[str, Sequence[str]], rule: ReleaseRule
) -> ReleaseTable:
    """Count the records in every cell and release each. ValueError for a band that its dimension does not list."""
    return count_cells(template, records, dimensions).under(rule)


def _filters(pairs: Sequence[tuple[str, str]]) -> Iterator[Filters]:
    yield ()
    for pair in pairs:
        yield (pair,)
    for first, second in combinations(pairs, 2):
        if first[0] != second[0]:
            yield (first, second)


def _themes(template: Template, records: Sequence[Record], *, with_overall: bool) -> list[tuple[int, int]]:
    """For each theme, in template order, how many answers are applicable and how many of them below the standard."""
    applicable: dict[str, int] = defaultdict(int)
    below: dict[str, int] = defaultdict(int)
    for (theme, answer), number in tally(template, [record.line for record in records]).items():
        if template.is_applicable(answer):
            applicable[theme] += number
        if template.counts_below(answer):
            below[theme] += number
    found = [(applicable[key], below[key]) for key in template.theme_keys]
    if with_overall:
        judged = [record.meets_overall for record in records if record.meets_overall is not None]
        found.append((len(judged), judged.count(False)))
    return found


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


def sum_over_organisations(cells: Sequence[Released]) -> Released:
    """One theme over several organisations, one released cell each: the sum of what is shown, or hidden.

    At least LEAST_ORGANISATIONS must show both numbers, and none of them may make up more than half of the sum:
    otherwise one of them could be deduced from it.
    """
    shown = [(cell.applicable, cell.below) for cell in cells if cell.applicable is not None and cell.below is not None]
    applicable = sum(number for number, _ in shown)
    if len(shown) < LEAST_ORGANISATIONS or 2 * max(number for number, _ in shown) > applicable:
        return Released(None)
    return Released(applicable, sum(below for _, below in shown))
