"""What follows from shown numbers by adding and subtracting: the check that nothing is told of few children.

Hiding and rounding leave an interval around every number. Now and then the intervals of a table meet in one number,
as when four groups that must be 13 or more make a whole that must be 52 or less: the fifth is then nought. Intervals
are narrowed until nothing moves (bounds consistency over the sums of the tables), over one snapshot or several of
overlapping audits. Looks only at what is shown and at how many audits each snapshot shares with each: whoever sees
the outcome learns nothing that was not shown.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, NamedTuple

from checklists.disclosure import STRICTER, Filters, Lattice, Released, ReleaseRule

_AUDITS, _APPLICABLE, _OTHERS, _BELOW, _MEETS = range(5)
_MEASURES: Final = 5


class Span(NamedTuple):
    """The least and the most that a number can be."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of some audits, and under which rule."""

    lattice: Lattice
    rule: ReleaseRule
    audits: AbstractSet[object]


class Deduced(NamedTuple):
    """A number about few that follows from what is shown: of the audits of a cell, or of a theme's answers there."""

    filters: Filters
    theme: int | None


def span_of_count(shown: int | None, rule: ReleaseRule) -> Span:
    """Between what the number lies that `release_count` shows so."""
    if shown is None:
        return Span(0, rule.smallest - 1)
    return Span(max(rule.smallest, shown - rule.rounding // 2), shown + (rule.rounding - 1) // 2)


def spans_of_theme(shown: Released, rule: ReleaseRule) -> tuple[Span, Span, Span]:
    """Between what lie the applicable answers that `release` shows so, those below the standard, and the others."""
    few = Span(0, rule.small_gap)
    if shown.applicable is None:
        most = max(rule.smallest - 1, 2 * rule.small_gap)
        return Span(0, most), Span(0, rule.smallest - 1), Span(0, rule.smallest - 1)
    applicable = span_of_count(shown.applicable, rule)
    many = Span(rule.small_gap + 1, applicable.most)
    if shown.all_but_few:
        return applicable, many, few
    if shown.below is None:
        return applicable, few, many
    below = Span(
        max(many.least, shown.below - rule.rounding // 2), min(many.most, shown.below + (rule.rounding - 1) // 2)
    )
    return applicable, below, many


def deduced(shown: Sequence[Shown], *, several: AbstractSet[str] = frozenset()) -> frozenset[Deduced]:
    """Every number about fewer than the smallest count that follows from all that is shown: how many audits or
    applicable answers a cell has, how many are below the standard, or that all are. Empty is what a release wants.

    A record has one value in each dimension, and any number in those named in `several`. ValueError when the lattices
    are not of the same themes.
    """
    sums = _Sums(shown, several)
    found: set[Deduced] = set()
    for theme in range(sums.themes):
        sums.take_in(theme)
        sums.narrow()
        found |= sums.findings(theme)
    return frozenset(found)


def strict_enough(
    asked: ReleaseRule,
    cells_under: Callable[[ReleaseRule], Lattice],
    audits: AbstractSet[object],
    *,
    earlier: Sequence[Shown] = (),
    several: AbstractSet[str] = frozenset(),
) -> tuple[Lattice, ReleaseRule] | None:
    """The cells under the rule asked for, or under the next stricter one from which nothing about few follows, held
    beside all that was shown earlier; None when none is strict enough for so many audits.

    Each snapshot of other audits begins one rule further up than the one before it: what follows from three and more
    taken together is more than sums alone tell.
    """
    rules = (asked, *(stricter for stricter in STRICTER if stricter.is_as_strict_as(asked)))
    before = len({each.audits for each in earlier} - {frozenset(audits)})
    for rule in rules[min(before, len(rules) - 1) :]:
        if len(audits) >= rule.smallest:
            cells = cells_under(rule)
            if not deduced([*earlier, Shown(cells, rule, audits)], several=several):
                return cells, rule
    return None


class _Sums:
    """The numbers behind the shown ones, for one theme at a time, each with the span it must lie in.

    Audits that the same snapshots count are a layer, and so are the audits of each snapshot; a layer has a number for
    every cell and measure. All audits, whose sums hold across themes, keep their spans from theme to theme.
    """

    def __init__(self, shown: Sequence[Shown], several: AbstractSet[str]) -> None:
        widths = {len(group.themes) for each in shown for group in each.lattice.groups.values()}
        if len(widths) != 1:
            raise ValueError("only snapshots of the same themes can be held together")
        self.themes = widths.pop()
        self.shown, self.several = shown, several
        self.smallest = min(each.rule.smallest for each in shown)
        self.values: dict[str, dict[str, None]] = defaultdict(dict)
        for each in shown:
            for name, values in each.lattice.dimensions.items():
                self.values[name].update(dict.fromkeys(values))
        cells = dict.fromkeys(filters for each in shown for filters in each.lattice.groups)
        self.place: Mapping[Filters, int] = {filters: place for place, filters in enumerate(cells)}
        self.layers, self.sizes = self._layers()
        count = len(self.sizes) * len(cells) * _MEASURES
        most = max(self.sizes)
        self.least, self.most = [0] * count, [most] * count
        self.equal: list[tuple[int, tuple[int, ...]]] = []
        self.at_most: list[tuple[int, int]] = []
        self._add_up()
        for layer, size in enumerate(self.sizes):
            self._within(self._number(layer, (), _AUDITS), Span(size, size))

    def _layers(self) -> tuple[list[tuple[int, ...]], list[int]]:
        """For each snapshot the layers that make it up, its own being the last; and the size of every layer."""
        counted_in: dict[object, list[int]] = defaultdict(list)
        for place, each in enumerate(self.shown):
            for audit in each.audits:
                counted_in[audit].append(place)
        parts: dict[tuple[int, ...], int] = defaultdict(int)
        for places in counted_in.values():
            parts[tuple(places)] += 1
        sizes = list(parts.values())
        layers = []
        for place, each in enumerate(self.shown):
            own = [layer for layer, places in enumerate(parts) if place in places]
            if len(own) > 1:
                sizes.append(len(each.audits))
                own.append(len(sizes) - 1)
            layers.append(tuple(own))
        return layers, sizes

    def _number(self, layer: int, filters: Filters, measure: int) -> int:
        return (layer * len(self.place) + self.place[filters]) * _MEASURES + measure

    def _add_up(self) -> None:
        for layer in range(len(self.sizes)):
            for filters in self.place:
                audits, applicable, others, below, meets = (
                    self._number(layer, filters, measure) for measure in range(_MEASURES)
                )
                self.equal += [(audits, (applicable, others)), (applicable, (below, meets))]
                for name in self._may_be_added(filters):
                    self._add_up_cells(layer, filters, name)
        for own in self.layers:
            if len(own) > 1:
                for filters in self.place:
                    for measure in range(_MEASURES):
                        whole, *parts = (self._number(layer, filters, measure) for layer in reversed(own))
                        self.equal.append((whole, tuple(parts)))

    def _may_be_added(self, filters: Filters) -> list[str]:
        return [name for name in self.values if len(filters) < 2 and name not in dict(filters)]

    def _add_up_cells(self, layer: int, filters: Filters, name: str) -> None:
        order = list(self.values)
        cells = [
            tuple(sorted((*filters, (name, value)), key=lambda pair: order.index(pair[0])))
            for value in self.values[name]
        ]
        for measure in range(_MEASURES):
            whole = self._number(layer, filters, measure)
            parts = tuple(self._number(layer, cell, measure) for cell in cells if cell in self.place)
            if name in self.several:
                self.at_most += [(part, whole) for part in parts]
            else:
                self.equal.append((whole, parts))

    def _within(self, number: int, span: Span) -> None:
        self.least[number] = max(self.least[number], span.least)
        self.most[number] = min(self.most[number], span.most)

    def take_in(self, theme: int) -> None:
        """Forget the last theme and read what is shown of this one."""
        most = max(self.sizes)
        for number in range(len(self.least)):
            if number % _MEASURES != _AUDITS:
                self.least[number], self.most[number] = 0, most
        for own, each in zip(self.layers, self.shown, strict=True):
            for filters in self.place:
                group = each.lattice.groups.get(filters)
                audits = self._number(own[-1], filters, _AUDITS)
                if group is None:  # a value that nobody had yet
                    self._within(audits, Span(0, 0))
                    continue
                self._within(audits, span_of_count(group.audits, each.rule))
                spans = spans_of_theme(group.themes[theme], each.rule)
                for measure, span in zip((_APPLICABLE, _BELOW, _MEETS), spans, strict=True):
                    self._within(self._number(own[-1], filters, measure), span)

    def narrow(self) -> None:
        """Until nothing moves."""
        least, most = self.least, self.most
        moved = True
        while moved:
            moved = False
            for whole, parts in self.equal:
                moved |= self._narrow_sum(whole, parts)
            for part, whole in self.at_most:
                if least[part] > least[whole]:
                    least[whole], moved = least[part], True
                if most[part] > most[whole]:
                    most[part], moved = most[whole], True

    def _narrow_sum(self, whole: int, parts: tuple[int, ...]) -> bool:
        least, most = self.least, self.most
        floor, ceiling = sum([least[part] for part in parts]), sum([most[part] for part in parts])
        moved = False
        if floor > least[whole]:
            least[whole], moved = floor, True
        if ceiling < most[whole]:
            most[whole], moved = ceiling, True
        spare, wanting = most[whole] - floor, least[whole] - ceiling
        for part in parts:
            low, high = least[part], most[part]
            if low + spare < high:
                most[part], moved = low + spare, True
            if high + wanting > low:
                least[part], moved = high + wanting, True
        return moved

    def findings(self, theme: int) -> set[Deduced]:
        """What is fixed about few. That the attacker counts a whole layer is no finding: its size is no secret."""
        least, most, found = self.least, self.most, set()
        for layer in range(len(self.sizes)):
            for filters in self.place:
                audits, applicable, _, below, meets = (
                    self._number(layer, filters, measure) for measure in range(_MEASURES)
                )
                if filters and self._is_fixed(audits) and 1 <= least[audits] < self.smallest:
                    found.add(Deduced(filters, None))
                if not (least[applicable] < self.smallest and most[applicable] >= 1):
                    continue
                if (self._is_fixed(applicable) and filters) or self._is_fixed(below) or most[meets] == 0:
                    found.add(Deduced(filters, theme))
        return found

    def _is_fixed(self, number: int) -> bool:
        return self.least[number] == self.most[number]
