"""The numbers behind what several snapshots show, and the sums among them."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from checklists.release.bounds import Bounds, Shape, Span
from checklists.release.disclosure import MOST_DIMENSIONS, Filters, Released
from checklists.release.lanes import LARGEST, Lanes
from checklists.release.shown import AsCounted, ShownCounts, span_of_count, spans_of_theme
from checklists.release.steps import Steps

AUDITS, APPLICABLE, OTHERS, BELOW, MEETS = range(5)
MEASURES: Final = 5
_FIRST_LANE: Final = LARGEST

Places = tuple[int, ...]
"""Some of the snapshots, by their places in the order in which they are given."""


class Deduced(NamedTuple):
    """A number about few that follows from what is shown: of the audits of a cell, or of a theme's answers there."""

    filters: Filters
    theme: int | None


class Overlap:
    """The audits that several snapshots share. A snapshot that does not say how it counted an audit is assumed to have
    counted it like the next one that does, or the last one before it.
    """

    def __init__(self, shown: Sequence[ShownCounts]) -> None:
        counted_in: dict[object, list[int]] = defaultdict(list)
        for place, each in enumerate(shown):
            for audit in each.audits:
                counted_in[audit].append(place)
        self._steady: Counter[Places] = Counter()
        self._changed: list[dict[int, AsCounted]] = []
        for audit, places in counted_in.items():
            known = {place: how for place in places if (how := shown[place].as_counted.get(audit)) is not None}
            if len(set(known.values())) > 1:
                # For a snapshot that does not say: as in the next one that does, or the last before it.
                said_in = {place: min((at for at in known if at >= place), default=max(known)) for place in places}
                self._changed.append({place: known[at] for place, at in said_in.items()})
            else:
                self._steady[tuple(places)] += 1

    def choices(self, theme: int | None) -> tuple[tuple[Places, ...], ...]:
        """For each changed audit, which snapshots count it alike: in this theme, or for no theme by its bands."""
        found = []
        for how_in in self._changed:
            alike: dict[tuple[str, str], list[int]] = defaultdict(list)
            for place, how in how_in.items():
                alike[how.bands, "" if theme is None else how.answers[theme]].append(place)
            found.append(tuple(tuple(places) for places in alike.values()))
        return tuple(found)

    def sizes(self, choices: Sequence[Sequence[Places]]) -> Mapping[Places, int]:
        """How many audits exactly those snapshots count alike, for each set of snapshots that has any."""
        sizes = self._steady.copy()
        for each in choices:
            sizes.update(each)
        return sizes


class Table:
    """The cells that some snapshots show, and the sums among the numbers of each: five measures of every cell."""

    def __init__(self, shown: Sequence[ShownCounts], several: AbstractSet[str]) -> None:
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


class _Sharing(NamedTuple):
    """Lanes in which the numbers of a layer are the same, and a one in each of them."""

    lanes: Sequence[int]
    ones: int


class Sums:
    """The numbers behind the shown ones, a lane for each theme, each with its span.

    Audits that the same snapshots count alike are a layer, and so are the audits of each snapshot; a layer has a number
    for every cell and measure. What one theme reveals about the number of audits holds for the others too. A lane for
    no theme holds the audits that have the same bands, whatever their answers.
    """

    def __init__(
        self, table: Table, shown: Sequence[ShownCounts], overlap: Overlap, themes: Sequence[int | None], steps: Steps
    ) -> None:
        self.table, self.themes, self._shown, self._steps = table, themes, list(shown), steps
        self.lanes = Lanes(len(themes))
        choices = [overlap.choices(theme) for theme in themes]
        # Only lanes that divide exactly the same audits alike have the same layers.
        alike = [[lane for lane, each in enumerate(choices) if each == one] for one in dict.fromkeys(choices)]
        self._alike = [self._sharing(lanes) for lanes in alike if len(lanes) > 1]
        self._every = [self._sharing(range(self.lanes.count))]
        sizes_of = [overlap.sizes(each) for each in choices]
        every = sorted({places for each in sizes_of for places in each})
        sizes = [self.lanes.packed(each.get(places, 0) for each in sizes_of) for places in every]
        self.own: list[int] = []
        """For each snapshot, the layer of all its audits."""
        made_up = []
        for place, each in enumerate(shown):
            parts = [number for number, places in enumerate(every) if place in places]
            if len(parts) > 1:
                sizes.append(self.lanes.ones * len(each.audits))
                made_up.append((len(sizes) - 1, parts))
            self.own.append(parts[0] if len(parts) == 1 else len(sizes) - 1)
        steps.take(len(sizes) * table.measures.count)
        self._audits = Bounds(table.audits, self.lanes, sizes)
        self.bounds = Bounds(table.measures, self.lanes, sizes)
        for whole, parts in made_up:
            self._audits.add_up_layers(whole, parts)
            self.bounds.add_up_layers(whole, parts)
        for number, size in enumerate(sizes):
            self._audits.tighten(number * table.audits.count + table.first[()] // MEASURES, size, size)
        for number, each in zip(self.own[:-1], shown, strict=False):
            self._take_in_audits(number, each)
        self._audits.narrow(steps)
        self._before_the_last = self._audits.spans()

    def show(self, last: ShownCounts) -> None:
        """Let the last snapshot be this one, the same audits and cells under a rule of its own, and narrow all spans.

        Raises ContradictionError, OutOfStepsError.
        """
        self._shown[-1] = last
        self._audits.restore(self._before_the_last)
        self._take_in_audits(self.own[-1], last)
        self._narrow(self._audits, 1)
        # Nothing is left to narrow when every measure may be anything from 0 to the number of audits.
        least, most = [0] * len(self.bounds.least), [audits for audits in self._audits.most for _ in range(MEASURES)]
        least[AUDITS::MEASURES] = self._audits.least
        self.bounds.restore((least, most))
        for layer, each in zip(self.own, self._shown, strict=True):
            self._take_in_answers(layer, each)
        self._narrow(self.bounds, MEASURES)

    def _take_in_audits(self, layer: int, each: ShownCounts) -> None:
        ones = self.lanes.ones
        for filters, first in self.table.first.items():
            group = each.lattice.groups.get(filters)
            # Without a group it is a value that nobody had yet.
            least, most = Span(0, 0) if group is None else span_of_count(group.audits, each.rule)
            self._audits.tighten(layer * self.table.audits.count + first // MEASURES, ones * least, ones * most)

    def _take_in_answers(self, layer: int, each: ShownCounts) -> None:
        anything = (Span(0, LARGEST), Span(0, LARGEST), Span(0, LARGEST))
        known: dict[Released, tuple[Span, Span, Span]] = {}
        for filters, group in each.lattice.groups.items():
            spans = []
            for theme in self.themes:
                if theme is None:
                    spans.append(anything)
                    continue
                released = group.themes[theme]
                if released not in known:
                    known[released] = spans_of_theme(released, each.rule)
                spans.append(known[released])
            first = layer * self.table.measures.count + self.table.first[filters]
            for measure, of_measure in zip((APPLICABLE, BELOW, MEETS), zip(*spans, strict=True), strict=True):
                least, most = (self.lanes.packed(ends) for ends in zip(*of_measure, strict=True))
                self.bounds.tighten(first + measure, least, most)

    def _sharing(self, lanes: Sequence[int]) -> _Sharing:
        return _Sharing(lanes, self.lanes.packed(int(lane in lanes) for lane in range(self.lanes.count)))

    def _narrow(self, bounds: Bounds, measures: int) -> None:
        """Narrow until nothing changes, in each lane and from lane to lane."""
        settled: dict[int, tuple[int, int]] = {}
        moved = True
        while moved:
            bounds.narrow(self._steps)
            moved = False
            for layer in range(len(bounds.least) // (self.table.audits.count * measures)):
                every = self._every if layer in self.own else self._alike
                for cell in range(self.table.audits.count):
                    number = (layer * self.table.audits.count + cell) * measures
                    # What has not moved since it was last shared has nothing new to tell.
                    if settled.get(number) != (bounds.least[number], bounds.most[number]):
                        moved |= self._share(bounds, number, every)
                        settled[number] = bounds.least[number], bounds.most[number]

    def _share(self, bounds: Bounds, number: int, alike: Sequence[_Sharing]) -> bool:
        """Between the lanes in which it is the same number. Whether that has reported any of them something."""
        least, most = bounds.least[number], bounds.most[number]
        if least == (least & _FIRST_LANE) * self.lanes.ones and most == (most & _FIRST_LANE) * self.lanes.ones:
            return False
        self._steps.take(self.lanes.count)
        leasts, mosts = self.lanes.unpacked(least), self.lanes.unpacked(most)
        low, high = least, most
        for lanes, ones in alike:
            others = ~(ones * LARGEST)
            low = low & others | ones * max([leasts[lane] for lane in lanes])
            high = high & others | ones * min([mosts[lane] for lane in lanes])
        if (least, most) == (low, high):
            return False
        bounds.tighten(number, low, high)
        return True

    def findings(self) -> set[Deduced]:
        """The determined numbers about few. The size of a whole layer is not a finding: it is not secret."""
        least, most, found = self.bounds.least, self.bounds.most, set[Deduced]()
        ones, reaching = self.lanes.ones, self.lanes.reaching
        few = ones * (min(each.rule.smallest for each in self._shown) - 1)
        for start in range(0, len(least), self.table.measures.count):
            for filters, place in self.table.first.items():
                first = start + place
                if filters and reaching(least[first], most[first]) & reaching(least[first], ones) & reaching(
                    few, least[first]
                ):
                    found.add(Deduced(filters, None))
                applicable, below, meets = first + APPLICABLE, first + BELOW, first + MEETS
                told = reaching(least[below], most[below]) | reaching(0, most[meets])
                if filters:
                    told |= reaching(least[applicable], most[applicable])
                told &= reaching(few, least[applicable]) & reaching(most[applicable], ones)
                if told:
                    found |= {Deduced(filters, self.themes[lane]) for lane in self.lanes.places(told)}
        return found
