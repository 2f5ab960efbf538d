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


class Layer(NamedTuple):
    """Audits that the same snapshots count, and count alike.

    `alike` says how those snapshots fall apart that count the very same audits with the same bands: into those in which
    the answer to a theme counts alike. `places` is one of them; so that the layers of one `alike` are the same audits.
    """

    alike: tuple[Places, ...]
    places: Places


Layers = frozenset[tuple[Layer, int]]
"""The layers that make up some snapshots, as one theme sees them, each with how many audits it has."""


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

    def layers(self, theme: int) -> Layers:
        """The layers of all snapshots, as this theme sees them."""
        sizes = Counter({Layer((places,), places): size for places, size in self._steady.items()})
        for how_in in self._changed:
            by_bands: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
            for place, how in how_in.items():
                by_bands[how.bands][how.answers[theme]].append(place)
            for by_answer in by_bands.values():
                alike = tuple(sorted(tuple(places) for places in by_answer.values()))
                sizes.update(Layer(alike, places) for places in alike)
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
            parts = [number for number, (layer, _) in enumerate(ordered) if place in layer.places]
            if len(parts) > 1:
                sizes.append(len(each.audits))
                made_up.append((len(sizes) - 1, parts))
            self.own.append(parts[0] if len(parts) == 1 else len(sizes) - 1)
        steps.take(len(sizes) * table.measures.count)
        self._audits, self.bounds = Bounds(table.audits, sizes), Bounds(table.measures, sizes)
        for whole, parts in made_up:
            self._audits.add_up_layers(whole, parts)
            self.bounds.add_up_layers(whole, parts)
        same: dict[tuple[Places, ...], int] = {}
        for number, (layer, _) in enumerate(ordered):
            if same.setdefault(layer.alike, number) != number:
                self._audits.add_up_layers(number, (same[layer.alike],))
                self.bounds.add_up_layers(number, (same[layer.alike],), every=MEASURES)
        for number, size in enumerate(sizes):
            self._audits.tighten(number, table.first[()], Span(size, size))
        for number, each in zip(self.own[:-1], shown, strict=False):
            self._take_in_audits(number, each)
        self._audits.narrow(steps)
        self._before_the_last = self._audits.spans()

    def show(self, last: Shown) -> None:
        """Let the last snapshot be this one: the same audits and cells, under a rule of its own."""
        self.shown[-1] = last
        self.smallest = min(each.rule.smallest for each in self.shown)
        self._audits.go_back(self._before_the_last)
        self._take_in_audits(self.own[-1], last)
        self._audits.narrow(self.steps)
        self._is_narrow = False

    def _take_in_audits(self, layer: int, each: Shown) -> None:
        for filters, first in self.table.first.items():
            group = each.lattice.groups.get(filters)
            # Without a group it is a value that nobody had yet.
            span = Span(0, 0) if group is None else span_of_count(group.audits, each.rule)
            self._audits.tighten(layer, first // MEASURES, span)

    def take_in(self, theme: int) -> None:
        """Forget the last theme and read what is shown of this one."""
        self._forget()
        for layer, each in zip(self.own, self.shown, strict=True):
            for filters, group in each.lattice.groups.items():
                first, spans = self.table.first[filters], spans_of_theme(group.themes[theme], each.rule)
                for measure, span in zip((APPLICABLE, BELOW, MEETS), spans, strict=True):
                    self.bounds.tighten(layer, first + measure, span)

    def _forget(self) -> None:
        """The last theme, but not what it told of how many audits there are, unless it led to a contradiction."""
        if self._is_narrow:
            for layer, (least, most) in enumerate(zip(self.bounds.least, self.bounds.most, strict=True)):
                for place, span in enumerate(zip(least[AUDITS::MEASURES], most[AUDITS::MEASURES], strict=True)):
                    self._audits.tighten(layer, place, Span(*span))
            self._audits.narrow(self.steps)
        self._is_narrow = False
        # Nothing is left to narrow when every measure may be anything from nought to the number of audits.
        nought = [0] * (MEASURES - 1)
        self.bounds.go_back(
            (
                [[least for audits in layer for least in (audits, *nought)] for layer in self._audits.least],
                [[audits for audits in layer for _ in range(MEASURES)] for layer in self._audits.most],
            )
        )

    def narrow(self) -> None:
        """Until nothing moves."""
        self.bounds.narrow(self.steps)
        self._is_narrow = True

    def findings(self, theme: int) -> set[Deduced]:
        """What is fixed about few. That the attacker counts a whole layer is no finding: its size is no secret."""
        found = set()
        for least, most in zip(self.bounds.least, self.bounds.most, strict=True):
            for filters, first in self.table.first.items():
                if filters and 1 <= least[first] == most[first] < self.smallest:
                    found.add(Deduced(filters, None))
                applicable, below, meets = first + APPLICABLE, first + BELOW, first + MEETS
                if not (least[applicable] < self.smallest and most[applicable] >= 1):
                    continue
                is_size_told = bool(filters) and least[applicable] == most[applicable]
                if is_size_told or least[below] == most[below] or most[meets] == 0:
                    found.add(Deduced(filters, theme))
        return found
