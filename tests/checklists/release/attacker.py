"""An attacker on disclosure control: what must be true of the audits behind everything that a snapshot shows.

Integer programming looks for other audits that would have been shown in the very same words; what is the same in all of
them is known for certain. Each such set of audits that it finds is put through the release again, so that a number is
called safe on proof alone, and never because the attacker was built too weak.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import combinations, product
from typing import Any, Final

import pulp

from checklists.release.disclosure import (
    Filters,
    Record,
    Released,
    ReleaseRule,
    ReleaseTable,
    release,
    release_count,
    release_table,
)
from checklists.reports.tallies import encode_answers
from checklists.templates.scale import NOT_APPLICABLE
from checklists.templates.template import Template

SECONDS_A_PROBLEM: Final = 20
LARGEST: Final = 500
"""No organisation here has more audits: what is shown is read back by trying every number up to it."""

Span = tuple[int, int]
World = dict[str, list[Record]]
Tally = Counter[tuple[Filters, int | None, int]]

LEFT_OUT, MEETS, BELOW = range(3)
ANY: Final = (LEFT_OUT, MEETS, BELOW)
APPLICABLE: Final = (MEETS, BELOW)


@dataclass(frozen=True)
class Kind:
    """Audits that are alike in all but what they may have several of."""

    bands: tuple[str, ...]
    states: tuple[int, ...]


@dataclass(frozen=True)
class Shape:
    """What everybody knows: the template, the values of each dimension, and that only in `several` there may be any
    number of them."""

    template: Template
    dimensions: Mapping[str, Sequence[str]]
    several: str

    @property
    def themes(self) -> range:
        return range(len(self.template.theme_keys))

    @cached_property
    def single(self) -> tuple[str, ...]:
        return tuple(name for name in self.dimensions if name != self.several)

    @cached_property
    def kinds(self) -> list[Kind]:
        """Every kind of audit that there can be."""
        bands = product(*(self.dimensions[name] for name in self.single))
        return [Kind(*each) for each in product(bands, product(ANY, repeat=len(self.themes)))]

    @cached_property
    def _state_of(self) -> Mapping[str, int]:
        template, answers = self.template, self.template.scale.answers
        key = template.theme_keys[0]
        others = dict.fromkeys(template.theme_keys, template.scale.standard)
        return {
            encode_answers(template, others | {key: answer})[0]: (
                BELOW if template.counts_below(answer) else MEETS if template.is_applicable(answer) else LEFT_OUT
            )
            for answer in answers
        }

    def line(self, states: Sequence[int]) -> str:
        """Answers that put each theme in its state."""
        answers = (NOT_APPLICABLE, self.template.scale.standard, self.template.scale.worst)
        keys = self.template.theme_keys
        return encode_answers(self.template, {key: answers[state] for key, state in zip(keys, states, strict=True)})

    def tally(self, records: Sequence[Record]) -> Tally:
        """How many there are in each cell, and in each state of each theme there."""
        found: Tally = Counter()
        for record in records:
            pairs = [(name, value) for name in self.dimensions for value in record.bands[name]]
            twos = [pair for pair in combinations(pairs, 2) if pair[0][0] != pair[1][0]]
            for filters in ((), *((pair,) for pair in pairs), *twos):
                found[filters, None, MEETS] += 1
                for theme in self.themes:
                    found[filters, theme, self._state_of[record.line[theme]]] += 1
        return found


@dataclass(frozen=True)
class Spans:
    """Between what the true numbers of a theme lie; `or_else` is a pair outside them that is shown alike."""

    applicable: Span
    below: Span
    meets: Span
    or_else: Span | None = None


@dataclass(frozen=True)
class Scheme:
    """A way to show numbers, and what can be read back from each thing that it shows."""

    emit: Callable[[Shape, Sequence[Record]], ReleaseTable]
    audits: Callable[[int | None], Span]
    theme: Callable[[Released], Spans]


def by_rule(rule: ReleaseRule) -> Scheme:
    """What the product shows under the rule, read back by trying every number."""
    audits, themes = _read_back(rule)
    return Scheme(
        emit=lambda shape, records: release_table(shape.template, records, shape.dimensions, rule),
        audits=audits.__getitem__,
        theme=themes.__getitem__,
    )


@cache
def _read_back(rule: ReleaseRule) -> tuple[Mapping[int | None, Span], Mapping[Released, Spans]]:
    audits: dict[int | None, list[int]] = defaultdict(list)
    themes: dict[Released, list[Span]] = defaultdict(list)
    for number in range(LARGEST + 1):
        audits[release_count(number, rule)].append(number)
        for below in range(number + 1):
            themes[release(number, below, rule)].append((number, below))
    return (
        {shown: (min(numbers), max(numbers)) for shown, numbers in audits.items()},
        {shown: _spans(pairs, None if shown.applicable else rule.smallest) for shown, pairs in themes.items()},
    )


def _spans(pairs: Sequence[Span], hidden_under: int | None) -> Spans:
    apart = [pair for pair in pairs if hidden_under is not None and pair[0] >= hidden_under]
    assert len(apart) <= 1
    within = [
        (applicable, below, applicable - below) for applicable, below in pairs if (applicable, below) not in apart
    ]
    applicable, below, meets = ((min(column), max(column)) for column in zip(*within, strict=True))
    return Spans(applicable, below, meets, apart[0] if apart else None)


def hiding_1_to_5() -> Scheme:
    """An older threshold without its secondary suppression: 1 to 5 hidden, nought and all the rest shown."""

    def shown(number: int) -> int | None:
        return None if 1 <= number <= 5 else number

    def span(number: int | None) -> Span:
        return (1, 5) if number is None else (number, number)

    def emit(shape: Shape, records: Sequence[Record]) -> ReleaseTable:
        unhidden = release_table(shape.template, records, shape.dimensions, ReleaseRule())
        tally = shape.tally(records)
        groups = {}
        for filters, group in unhidden.groups.items():
            themes = []
            for theme in shape.themes:
                below, meets = tally[filters, theme, BELOW], tally[filters, theme, MEETS]
                themes.append(Released(shown(below + meets), shown(below)))
            groups[filters] = type(group)(shown(tally[filters, None, MEETS]), tuple(themes))
        return ReleaseTable(shape.dimensions, groups)

    return Scheme(emit, span, lambda cell: Spans(span(cell.applicable), span(cell.below), (0, LARGEST)))


@dataclass(frozen=True)
class Part:
    """Some of the audits: which there are, whether the attacker knows them, and between what their number is known."""

    truth: Sequence[Record]
    known: bool = False
    fewest: int = 0
    most: int = LARGEST


@dataclass(frozen=True)
class Number:
    """Of the audits of these parts, how many are in a cell, with one of these states in a theme if one is named."""

    parts: tuple[str, ...]
    filters: Filters
    theme: int | None = None
    states: tuple[int, ...] = ANY


@dataclass(frozen=True)
class Target:
    """A number that must not be told, and what it truly is; with `all_below`, that it is nought is the secret."""

    number: Number
    truth: int
    all_below: bool = False

    @property
    def what(self) -> str:
        if self.all_below:
            return "all have the gap"
        return "gap count" if self.number.states == (BELOW,) else "size"


@dataclass
class Findings:
    """What came of an attack: everything told for certain, and what the solver had no time to settle."""

    attacked: int = 0
    pinned: list[Target] = field(default_factory=list)
    undecided: list[Target] = field(default_factory=list)

    def pinned_of(self, what: str) -> int:
        return sum(each.what == what for each in self.pinned)

    def add(self, other: "Findings") -> None:
        self.attacked += other.attacked
        self.pinned += other.pinned
        self.undecided += other.undecided

    def __str__(self) -> str:
        return (
            f"{self.attacked:,} numbers attacked, {self.pinned_of('size')} sizes pinned, "
            f"{self.pinned_of('gap count')} gap counts pinned, {self.pinned_of('all have the gap')} times proved that "
            f"all have the gap, {len(self.undecided)} undecided"
        )


class Attack:
    """Everything that is shown of some audits, and the search for other audits that would be shown alike."""

    def __init__(self, shape: Shape, parts: Mapping[str, Part], shown: Mapping[tuple[str, ...], Scheme]) -> None:
        self.shape, self.parts, self.schemes = shape, parts, shown
        self.random = random.Random(0)
        truth = {name: list(part.truth) for name, part in parts.items()}
        self.shown = {names: self._emit(truth, names) for names in shown}
        self.truth = {name: shape.tally(records) for name, records in truth.items()}
        self.solver = pulp.COIN_CMD(
            path=pulp.PULP_CBC_CMD.pulp_cbc_path, msg=False, timeLimit=SECONDS_A_PROBLEM, gapRel=0.9, threads=1
        )
        self.problem = pulp.LpProblem("attack", pulp.LpMaximize)
        self.variables = 0
        self.audits: dict[tuple[str, str, Kind], Any] = {}
        self.sums: dict[Number, Any] = {}
        for name, part in parts.items():
            if not part.known:
                self._add_unknown(name, part)
        for names, cells in self.shown.items():
            self._add_shown(names, cells)

    def run(self, parts: tuple[str, ...]) -> Findings:
        """Attack every small number of these parts taken together."""
        return self.settle(list(self._small_numbers(parts)))

    def settle(self, targets: Sequence[Target]) -> Findings:
        """Look for another world for each target. Most fall to worlds that change as many of them as can be."""
        findings, left, fruitless = Findings(len(targets)), list(targets), 0
        while left and fruitless < 3:
            world = self._world_where_much_differs(left)
            if not isinstance(world, dict):
                break
            before, left = len(left), self._same_in(world, left)
            fruitless = fruitless + 1 if len(left) > 0.9 * before else 0
        while left:
            target = left.pop()
            worlds = [*self._worlds_where_it_differs(target)]
            if worlds and isinstance(worlds[-1], dict):
                left = self._same_in(worlds[-1], left)
            else:
                (findings.undecided if None in worlds else findings.pinned).append(target)
        return findings

    def _small_numbers(self, parts: tuple[str, ...]) -> Iterator[Target]:
        """The sizes and gap counts of cells of 1 to 4, and whether all have the gap in cells under 10."""
        cells = {
            filters: None for names, shown in self.shown.items() for filters in shown.groups if {*parts} & {*names}
        }
        for filters in cells:
            audits = Number(parts, filters)
            # How many audits there are in all may be what the attacker was told, and then it is no finding.
            told = not filters and all(self.parts[name].fewest == self.parts[name].most for name in parts)
            if 1 <= self.true(audits) <= 4 and not told:
                yield Target(audits, self.true(audits))
            for theme in self.shape.themes:
                applicable, below = Number(parts, filters, theme, APPLICABLE), Number(parts, filters, theme, (BELOW,))
                if 1 <= self.true(applicable) <= 4:
                    yield Target(applicable, self.true(applicable))
                    yield Target(below, self.true(below))
                if 1 <= self.true(applicable) == self.true(below) < 10:
                    yield Target(Number(parts, filters, theme, (MEETS,)), 0, all_below=True)

    def true(self, number: Number) -> int:
        return self._count(self.truth, number)

    @staticmethod
    def _count(tallies: Mapping[str, Tally], number: Number) -> int:
        states = (MEETS,) if number.theme is None else number.states
        return sum(tallies[name][number.filters, number.theme, state] for name in number.parts for state in states)

    def _same_in(self, world: World, targets: Sequence[Target]) -> list[Target]:
        tallies = {name: self.shape.tally(records) for name, records in world.items()}
        return [target for target in targets if self._count(tallies, target.number) == target.truth]

    def _emit(self, world: Mapping[str, Sequence[Record]], names: tuple[str, ...]) -> ReleaseTable:
        return self.schemes[names].emit(self.shape, [record for name in names for record in world[name]])

    def _variable(self, most: int) -> Any:
        self.variables += 1
        return self.problem.add_variable(f"v{self.variables}", 0, most, pulp.LpInteger)

    def _add_unknown(self, name: str, part: Part) -> None:
        for kind in self.shape.kinds:
            self.audits[name, "", kind] = self._variable(part.most)
            for value in self.shape.dimensions[self.shape.several]:
                self.audits[name, value, kind] = self._variable(part.most)
                self.problem += self.audits[name, value, kind] <= self.audits[name, "", kind]
        self._bound(Number((name,), ()), (part.fewest, part.most))

    def _add_shown(self, names: tuple[str, ...], cells: ReleaseTable) -> None:
        scheme = self.schemes[names]
        for filters, group in cells.groups.items():
            audits = scheme.audits(group.audits)
            self._bound(Number(names, filters), audits)
            for theme, cell in enumerate(group.themes):
                spans = scheme.theme(cell)
                applicable, below, meets = (
                    Number(names, filters, theme, each) for each in (APPLICABLE, (BELOW,), (MEETS,))
                )
                if spans.or_else is not None and audits[1] >= spans.or_else[0]:
                    self._add_either(applicable, below, meets, spans, spans.or_else)
                    continue
                # What follows anyway is left unsaid, for the solver's sake.
                if spans.applicable[0] > 0 or spans.applicable[1] < audits[1]:
                    self._bound(applicable, spans.applicable)
                if spans.below[0] > 0 or spans.below[1] < spans.applicable[1]:
                    self._bound(below, spans.below)
                follows = (spans.applicable[0] - spans.below[1], spans.applicable[1] - spans.below[0])
                if spans.meets[0] > max(0, follows[0]) or spans.meets[1] < follows[1]:
                    self._bound(meets, spans.meets)

    def _add_either(self, applicable: Number, below: Number, meets: Number, spans: Spans, or_else: Span) -> None:
        most, chosen = spans.applicable[1], self._variable(1)
        self.problem += self._sum(applicable) <= most + chosen * (or_else[0] - most)
        self.problem += self._sum(below) >= chosen * or_else[1]
        self.problem += self._sum(meets) >= chosen * (or_else[0] - or_else[1])

    def _bound(self, number: Number, span: Span) -> None:
        total = self._sum(number)
        total.lowBound, total.upBound = max(total.lowBound, span[0]), min(total.upBound, span[1])

    def _sum(self, number: Number) -> Any:
        """The variable that is this number."""
        if number not in self.sums:
            known = {
                name: tally for name, tally in self.truth.items() if self.parts[name].known and name in number.parts
            }
            terms = [
                self.audits[name, several, kind]
                for name in number.parts
                if name not in known
                for several, kind in self._members(number)
            ]
            counted = sum(self._count({name: known[name]}, _of_part(number, name)) for name in known)
            self.sums[number] = self._variable(LARGEST)
            self.problem += pulp.lpSum(terms) + counted == self.sums[number]
        return self.sums[number]

    def _members(self, number: Number) -> Iterator[tuple[str, Kind]]:
        wanted = dict(number.filters)
        several = wanted.pop(self.shape.several, "")
        places = [(self.shape.single.index(name), value) for name, value in wanted.items()]
        for kind in self.shape.kinds:
            in_state = number.theme is None or kind.states[number.theme] in number.states
            if in_state and all(kind.bands[place] == value for place, value in places):
                yield several, kind

    def _world_where_much_differs(self, targets: Sequence[Target]) -> World | bool | None:
        way = self.random.choice((-1, 1))
        signs = [1 if target.all_below else way * self.random.choice((1, 1, 1, -1)) for target in targets]
        self.problem.setObjective(
            pulp.lpSum(sign * self._sum(target.number) for sign, target in zip(signs, targets, strict=True))
        )
        return self._solve()

    def _worlds_where_it_differs(self, target: Target) -> Iterator[World | bool | None]:
        """A world with more and one with less, up to the first that there is."""
        total = self._sum(target.number)
        least, most = total.lowBound, total.upBound
        self.problem.setObjective(1 * total)
        for low, high in ((max(least, target.truth + 1), most), (least, min(most, target.truth - 1))):
            if low <= high:
                total.lowBound, total.upBound = low, high
                world = self._solve()
                total.lowBound, total.upBound = least, most
                yield world
                if isinstance(world, dict):
                    return

    def _solve(self) -> World | bool | None:
        """Another world, False when there is none, None when time ran out."""
        self.problem.solve(self.solver)
        if self.problem.sol_status in {pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible}:
            return self._world()
        return False if self.problem.status == pulp.LpStatusInfeasible else None

    def _world(self) -> World:
        world = {
            name: list(part.truth) if part.known else list(self._records(name)) for name, part in self.parts.items()
        }
        assert all(part.fewest <= len(world[name]) <= part.most for name, part in self.parts.items())
        for names, cells in self.shown.items():
            assert self._emit(world, names).groups == cells.groups, "the attacker misreads what is shown"
        return world

    def _records(self, name: str) -> Iterator[Record]:
        for kind in self.shape.kinds:
            number = round(self.audits[name, "", kind].value())
            line = self.shape.line(kind.states) if number else ""
            bands = {key: (band,) for key, band in zip(self.shape.single, kind.bands, strict=True)}
            values = self.shape.dimensions[self.shape.several] if number else ()
            having = {value: round(self.audits[name, value, kind].value()) for value in values}
            for place in range(number):
                own = tuple(value for value, of_them in having.items() if place < of_them)
                yield Record(line, {**bands, self.shape.several: own})


def _of_part(number: Number, name: str) -> Number:
    return Number((name,), number.filters, number.theme, number.states)
