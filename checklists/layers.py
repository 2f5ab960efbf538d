"""The numbers behind what several snapshots show, and the sums that hold among them."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from checklists.bounds import Bounds, Shape, Span
from checklists.disclosure import MOST_DIMENSIONS, Filters
from checklists.shown import AsCounted, Shown, span_of_count, spans_of_theme
from checklists.steps import Steps

AUDITS, APPLICABLE, OTHERS, BELOW, MEETS = range(5)
MEASURES: Final = 5

Places = tuple[int, ...]
"""Some of the snapshots, by their places in the order in which they are given."""


class Deduced(NamedTuple):
    """A number about few that follows from what is shown: of the audits of a cell, or of a theme's answers there."""

    filters: Filters
    theme: int | None


Layers = frozenset[tuple[Places, int]]
"""How many audits those and only those snapshots count alike, for each choice of snapshots that has any."""


class Overlap:
    """Which audits several snapshots share. One that does not say how it counted an audit is taken to have counted it
    as the next one did that says so, or the last one before it.
    """

    def __init__(self, shown: Sequence[Shown]) -> None:
        counted_in: dict[object, list[int]] = defaultdict(list)
        for place, each in enumerate(shown):
            for audit in each.audits:
                counted_in[audit].append(place)
        self._steady: Counter[Places] = Counter()
        self._changed: list[dict[int, AsCounted]] = []
        for audit, places in counted_in.items():
            known = {place: how for place in places if (how := shown[place].as_counted.get(audit)) is not None}
            if len(set(known.values())) > 1:
                # Of a snapshot that does not say: as in the next one that does, or the last before it.
                said_in = {place: min((at for at in known if at >= place), default=max(known)) for place in places}
                self._changed.append({place: known[at] for place, at in said_in.items()})
            else:
                self._steady[tuple(places)] += 1

    def layers(self, theme: int | None) -> Layers:
        """For a theme, of audits that count alike in it; for none, of audits that have the same bands."""
        sizes = self._steady.copy()
        for how_in in self._changed:
            alike: dict[tuple[str, str], list[int]] = defaultdict(list)
            for place, how in how_in.items():
                alike[how.bands, "" if theme is None else how.answers[theme]].append(place)
            sizes.update(tuple(places) for places in alike.values())
        return frozenset(sizes.items())


class Table:
    """The cells that some snapshots show, and what adds up among the numbers of each: five measures of every cell."""

    def __init__(self, shown: Sequence[Shown], several: AbstractSet[str]) -> None:
        self._several = several
        self._values: dict[str, dict[str, None]] = defaultdict(dict)
        for each in shown:
            for name, values in each.lattice.dimensions.items():
                self._values[name].update(dict.fromkeys(values))
        cells = dict.fromkeys(filters for each in shown for filters in each.lattice.groups)
        self.first: Mapping[Filters, int] = {filters: place * MEASURES for place, filters in enumerate(cells)}
        self.audits = Shape(len(cells))
        self.measures = Shape(len(cells) * MEASURES)
        for filters, first in self.first.items():
            self.measures.add_up(first + AUDITS, (first + APPLICABLE, first + OTHERS))
            self.measures.add_up(first + APPLICABLE, (first + BELOW, first + MEETS))
            for name in self._values:
                if len(filters) < MOST_DIMENSIONS and name not in dict(filters):
                    self._add_up_cells(filters, name)

    def _add_up_cells(self, filters: Filters, name: str) -> None:
        order = list(self._values)
        cells = [
            tuple(sorted((*filters, (name, value)), key=lambda pair: order.index(pair[0])))
            for value in self._values[name]
        ]
        first, firsts = self.first[filters], [self.first[cell] for cell in cells if cell in self.first]
        for shape, measures in ((self.audits, 1), (self.measures, MEASURES)):
            for measure in range(measures):
                whole, parts = (
                    first * measures // MEASURES + measure,
                    [part * measures // MEASURES + measure for part in firsts],
                )
                if name in self._several:
                    for part in parts:
                        shape.stay_within(part, whole)
                else:
                    shape.add_up(whole, parts)


class Sums:
    """The numbers behind the shown ones, for one theme at a time, each with the span it must lie in.

    Audits that the same snapshots count alike are a layer, and so are the audits of each snapshot; a layer has a number
    for every cell and measure. All audits, whose sums hold across themes, keep their spans from theme to theme.
    """

    def __init__(self, table: Table, shown: Sequence[Shown], layers: Layers, steps: Steps) -> None:
        self.table, self.shown, self.steps = table, list(shown), steps
        ordered = sorted(layers)
        sizes = [size for _, size in ordered]
        self.own: list[int] = []
        """For each snapshot, the layer of all its audits."""
        made_up = []
        for place, each in enumerate(shown):
            parts = [number for number, (places, _) in enumerate(ordered) if place in places]
            if len(parts) > 1:
                sizes.append(len(each.audits))
                made_up.append((len(sizes) - 1, parts))
            self.own.append(parts[0] if len(parts) == 1 else len(sizes) - 1)
        steps.take(len(sizes) * table.measures.count)
        self.audits, self.bounds = Bounds(table.audits, sizes), Bounds(table.measures, sizes)
        for whole, parts in made_up:
            self.audits.add_up_layers(whole, parts)
            self.bounds.add_up_layers(whole, parts)
        for number, size in enumerate(sizes):
            self.audits.tighten(number * table.audits.count + table.first[()] // MEASURES, size, size)
        for number, each in zip(self.own[:-1], shown, strict=False):
            self._take_in_audits(number, each)
        self.audits.narrow(steps)
        self._before_the_last = self.audits.spans()

    def show(self, last: Shown, beside: "Sums | None" = None) -> None:
        """Let the last snapshot be this one: the same audits and cells, under a rule of its own.

        What the sums `beside` tell of how many audits each snapshot counts is taken in too.
        """
        self.shown[-1] = last
        self.smallest = min(each.rule.smallest for each in self.shown)
        self.audits.go_back(self._before_the_last)
        self._take_in_audits(self.own[-1], last)
        if beside is not None:
            for own, other in zip(self.own, beside.own, strict=True):
                for place in range(self.table.audits.count):
                    number = other * self.table.audits.count + place
                    span = beside.audits.least[number], beside.audits.most[number]
                    self.audits.tighten(own * self.table.audits.count + place, *span)
        self.audits.narrow(self.steps)
        self._is_narrow = False

    def _take_in_audits(self, layer: int, each: Shown) -> None:
        for filters, first in self.table.first.items():
            group = each.lattice.groups.get(filters)
            # Without a group it is a value that nobody had yet.
            span = Span(0, 0) if group is None else span_of_count(group.audits, each.rule)
            self.audits.tighten(layer * self.table.audits.count + first // MEASURES, *span)

    def take_in(self, theme: int) -> None:
        """Forget the last theme and read what is shown of this one."""
        self._forget()
        for layer, each in zip(self.own, self.shown, strict=True):
            for filters, group in each.lattice.groups.items():
                first = layer * self.table.measures.count + self.table.first[filters]
                applicable, below, meets = spans_of_theme(group.themes[theme], each.rule)
                self.bounds.tighten(first + APPLICABLE, *applicable)
                self.bounds.tighten(first + BELOW, *below)
                self.bounds.tighten(first + MEETS, *meets)

    def _forget(self) -> None:
        """The last theme, but not what it told of how many audits there are, unless it led to a contradiction."""
        if self._is_narrow:
            least, most = self.bounds.least[AUDITS::MEASURES], self.bounds.most[AUDITS::MEASURES]
            for number, span in enumerate(zip(least, most, strict=True)):
                self.audits.tighten(number, *span)
            self.audits.narrow(self.steps)
        self._is_narrow = False
        # Nothing is left to narrow when every measure may be anything from nought to the number of audits.
        least, most = [0] * len(self.bounds.least), [audits for audits in self.audits.most for _ in range(MEASURES)]
        least[AUDITS::MEASURES] = self.audits.least
        self.bounds.go_back((least, most))

    def narrow(self) -> None:
        """Until nothing moves."""
        self.bounds.narrow(self.steps)
        self._is_narrow = True

    def findings_of_audits(self) -> set[Deduced]:
        """Which cells have few audits, and how many. That the attacker counts a whole layer is no finding: its size is
        no secret.
        """
        least, most = self.audits.least, self.audits.most
        return {
            Deduced(filters, None)
            for start in range(0, len(least), self.table.audits.count)
            for filters, first in self.table.first.items()
            if filters and 1 <= least[place := start + first // MEASURES] == most[place] < self.smallest
        }

    def findings(self, theme: int) -> set[Deduced]:
        """What is fixed about few in this theme, and about few audits."""
        least, most, found = self.bounds.least, self.bounds.most, set()
        for start in range(0, len(least), self.table.measures.count):
            for filters, place in self.table.first.items():
                first = start + place
                if filters and 1 <= least[first] == most[first] < self.smallest:
                    found.add(Deduced(filters, None))
                applicable, below, meets = first + APPLICABLE, first + BELOW, first + MEETS
                if not (least[applicable] < self.smallest and most[applicable] >= 1):
                    continue
                is_size_told = bool(filters) and least[applicable] == most[applicable]
                if is_size_told or least[below] == most[below] or most[meets] == 0:
                    found.add(Deduced(filters, theme))
        return found
