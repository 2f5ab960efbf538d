"""An attacker on disclosure control: what must be true of the audits behind everything that a snapshot shows.

Integer programming looks for other audits that would have been shown in the very same words. What is the same in all of
them is known for certain. Every such other set of audits that is found is put through the release again, so that a
number is called safe only on proof, never because the attacker was built too weak.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from typing import Any, Final

import pulp

from checklists.disclosure import Filters, Lattice, Record, Released, ReleaseRule, lattice, release, release_count
from checklists.tallies import line_of
from checklists.template import Template

SECONDS_A_PROBLEM: Final = 10
LARGEST: Final = 500

Span = tuple[int, int]
States = tuple[int, ...]
Kind = tuple[tuple[str, ...], States]
World = Mapping[str, Sequence[Record]]

NOT_APPLICABLE, MEETS, BELOW = 0, 1, 2


@dataclass(frozen=True)
class Shape:
    """What everybody knows: the template, the values of each dimension, and that only `many` may have several."""

    template: Template
    dimensions: Mapping[str, Sequence[str]]
    many: str

    @property
    def single(self) -> tuple[str, ...]:
        return tuple(name for name in self.dimensions if name != self.many)

    def states(self, line: str) -> States:
        """For each theme: not applicable, meets the standard, or below it."""
        letters = dict(zip("abcdefghijklmnopqrstuvwxyz", self.template.scale.answers, strict=False))
        return tuple(
            BELOW if self.template.counts_below(letters[each]) else int(self.template.is_applicable(letters[each]))
            for each in line
        )

    def line(self, states: States) -> str:
        """Answers that put each theme in its state."""
        scale = self.template.scale
        answer = {NOT_APPLICABLE: "not-applicable", MEETS: scale.standard, BELOW: scale.worst}
        return line_of(
            self.template, {key: answer[state] for key, state in zip(self.template.theme_keys, states, strict=True)}
        )

    def kind(self, record: Record) -> Kind:
        return tuple(record.bands[name][0] for name in self.single), self.states(record.line)

    def kinds(self) -> list[Kind]:
        """Every kind of audit that there can be, leaving out dimensions with many values."""
        bands = product(*(self.dimensions[name] for name in self.single))
        states = list(product((NOT_APPLICABLE, MEETS, BELOW), repeat=len(self.template.theme_keys)))
        return list(product(bands, states))


@dataclass(frozen=True)
class Spans:
    """Between what the true numbers of a theme lie."""

    applicable: Span
    below: Span
    meets: Span
    or_else: Span | None = None  # the one pair of applicable and below outside them that is shown alike


@dataclass(frozen=True)
class Scheme:
    """A way to show numbers, and what can be read back from each thing that it shows."""

    emit: Callable[[Shape, Sequence[Record]], Lattice]
    audits: Callable[[int | None], Span]
    theme: Callable[[Released], Spans]


def by_rule(rule: ReleaseRule) -> Scheme:
    """What the product shows under the rule, read back by trying every number."""
    audits, themes = _read_back(rule)
    return Scheme(
        emit=lambda shape, records: lattice(shape.template, records, shape.dimensions, rule),
        audits=audits.__getitem__,
        theme=themes.__getitem__,
    )


@cache
def _read_back(rule: ReleaseRule) -> tuple[Mapping[int | None, Span], Mapping[Released, Spans]]:
    audits: dict[int | None, list[int]] = defaultdict(list)
    themes: dict[Released, list[tuple[int, int]]] = defaultdict(list)
    for number in range(LARGEST + 1):
        audits[release_count(number, rule)].append(number)
        for below in range(number + 1):
            themes[release(number, below, rule)].append((number, below))
    return (
        {shown: (min(numbers), max(numbers)) for shown, numbers in audits.items()},
        {shown: _spans(pairs, rule.smallest if shown.applicable is None else 0) for shown, pairs in themes.items()},
    )


def _spans(pairs: Sequence[tuple[int, int]], hidden_under: int) -> Spans:
    apart = [pair for pair in pairs if hidden_under and pair[0] >= hidden_under]
    within = [
        (applicable, below, applicable - below) for applicable, below in pairs if (applicable, below) not in apart
    ]
    assert len(apart) <= 1
    columns = [(min(column), max(column)) for column in zip(*within, strict=True)]
    return Spans(columns[0], columns[1], columns[2], apart[0] if apart else None)


@dataclass(frozen=True)
class Part:
    """Some of the audits: those there are, whether the attacker knows them, and how many the attacker knows of."""

    truth: Sequence[Record]
    known: bool = False
    fewest: int = 0
    most: int = LARGEST


@dataclass(frozen=True)
class Target:
    """A true number: of the audits of these parts in a cell, or of those with one of these states in a theme."""

    parts: tuple[str, ...]
    filters: Filters
    theme: int | None
    states: frozenset[int]
    truth: int
    only_more: bool = False


ALL: Final = frozenset({NOT_APPLICABLE, MEETS, BELOW})
APPLICABLE: Final = frozenset({MEETS, BELOW})


@dataclass
class Findings:
    """What came of an attack."""

    attacked: int = 0
    pinned: list[Target] = field(default_factory=list)
    undecided: list[Target] = field(default_factory=list)
    solves: int = 0


class Attack:
    """Everything shown of some audits, and the search for others that would be shown alike."""

    def __init__(
        self, shape: Shape, scheme: Scheme, parts: Mapping[str, Part], shown: Sequence[tuple[str, ...]], seed: int = 0
    ) -> None:
        self.shape, self.scheme, self.parts = shape, scheme, parts
        self.random = random.Random(seed)
        self.shown = {names: self._emit({name: part.truth for name, part in parts.items()}, names) for names in shown}
        self.problem = pulp.LpProblem("attack", pulp.LpMaximize)
        self.solver = pulp.COIN_CMD(
            path=pulp.PULP_CBC_CMD.pulp_cbc_path, msg=False, timeLimit=SECONDS_A_PROBLEM, gapRel=0.9, threads=1
        )
        self.kinds = shape.kinds()
        self.numbers: dict[tuple[str, str, Kind], Any] = {}
        self.sums: dict[tuple[object, ...], Any] = {}
        for name, part in parts.items():
            if not part.known:
                self._unknown(name, part)
        for names, cells in self.shown.items():
            self._constrain(names, cells)

    def _emit(self, world: World, names: Sequence[str]) -> Lattice:
        return self.scheme.emit(self.shape, [record for name in names for record in world[name]])

    def _unknown(self, name: str, part: Part) -> None:
        for kind in self.kinds:
            everybody = self._variable(f"n{len(self.numbers)}", 0, part.most)
            self.numbers[name, "", kind] = everybody
            for value in self.shape.dimensions[self.shape.many]:
                with_value = self._variable(f"n{len(self.numbers)}", 0, part.most)
                self.numbers[name, value, kind] = with_value
                self.problem += with_value <= everybody
        total = self._sum((name,), (), None, ALL)
        total.lowBound, total.upBound = part.fewest, part.most

    def _variable(self, name: str, low: int, high: int) -> Any:
        return self.problem.add_variable(name, low, high, pulp.LpInteger)

    def _constrain(self, names: tuple[str, ...], cells: Lattice) -> None:
        for filters, group in cells.groups.items():
            audits = self.scheme.audits(group.audits)
            self._bound(names, filters, None, ALL, audits, (0, LARGEST))
            for theme, cell in enumerate(group.themes):
                spans = self.scheme.theme(cell)
                if spans.or_else is not None and audits[1] >= spans.or_else[0]:
                    self._either(names, filters, theme, spans, spans.or_else)
                    continue
                self._bound(names, filters, theme, APPLICABLE, spans.applicable, (0, audits[1]))
                self._bound(names, filters, theme, frozenset({BELOW}), spans.below, (0, spans.applicable[1]))
                rest = (
                    max(0, spans.applicable[0] - spans.below[1]),
                    spans.applicable[1] - spans.below[0],
                )
                self._bound(names, filters, theme, frozenset({MEETS}), spans.meets, rest)

    def _either(self, names: tuple[str, ...], filters: Filters, theme: int, spans: Spans, or_else: Span) -> None:
        applicable, below, meets = (
            self._sum(names, filters, theme, states) for states in (APPLICABLE, frozenset({BELOW}), frozenset({MEETS}))
        )
        chosen = self._variable(f"e{filters}{len(self.sums)}", 0, 1)
        self.problem += applicable <= spans.applicable[1] + chosen * (or_else[0] - spans.applicable[1])
        self.problem += below >= chosen * or_else[1]
        self.problem += meets >= chosen * (or_else[0] - or_else[1])

    def _bound(
        self,
        names: tuple[str, ...],
        filters: Filters,
        theme: int | None,
        states: frozenset[int],
        span: Span,
        known_anyway: Span,
    ) -> None:
        if span[0] > known_anyway[0] or span[1] < known_anyway[1]:
            total = self._sum(names, filters, theme, states)
            total.lowBound, total.upBound = max(total.lowBound, span[0]), min(total.upBound, span[1])

    def _sum(self, names: tuple[str, ...], filters: Filters, theme: int | None, states: frozenset[int]) -> Any:
        key = (names, filters, theme, states)
        if key not in self.sums:
            total = self._variable(f"s{len(self.sums)}", 0, LARGEST)
            terms = [
                self.numbers[name, many, kind]
                for name in names
                if not self.parts[name].known
                for many, kind in self._members(filters, theme, states)
            ]
            known = [record for name in names if self.parts[name].known for record in self.parts[name].truth]
            self.problem += pulp.lpSum(terms) + self.count(known, filters, theme, states) == total
            self.sums[key] = total
        return self.sums[key]

    def _members(self, filters: Filters, theme: int | None, states: frozenset[int]) -> Iterator[tuple[str, Kind]]:
        wanted = dict(filters)
        many = wanted.pop(self.shape.many, "")
        places = [(self.shape.single.index(name), value) for name, value in wanted.items()]
        for kind in self.kinds:
            bands, answers = kind
            if all(bands[place] == value for place, value in places) and (theme is None or answers[theme] in states):
                yield many, kind

    def count(self, records: Sequence[Record], filters: Filters, theme: int | None, states: frozenset[int]) -> int:
        """How many of the records stand in a cell, with one of these states in the theme."""
        return sum(
            all(value in record.bands[name] for name, value in filters)
            and (theme is None or self.shape.states(record.line)[theme] in states)
            for record in records
        )

    def of(self, world: World, target: Target) -> int:
        records = [record for name in target.parts for record in world[name]]
        return self.count(records, target.filters, target.theme, target.states)

    def run(self, targets: Sequence[Target]) -> Findings:
        """Look for another world for each target; what has none is pinned."""
        findings = Findings(attacked=len(targets))
        left = list(targets)
        barren = 0
        while left and barren < 3:
            world = self._another_world(left, findings)
            if world is None:
                break
            before = len(left)
            left = [target for target in left if not self._differs(world, target)]
            barren = barren + 1 if len(left) > before * 0.9 else 0
        while left:
            target = left.pop(0)
            answers = []
            for span in [(target.truth + 1, LARGEST), (0, target.truth - 1)][: 1 if target.only_more else 2]:
                if span[1] < 0:
                    continue
                found = self._world_where(target, span, findings)
                answers.append(found)
                if isinstance(found, dict):
                    left = [each for each in left if not self._differs(found, each)]
                    break
            if not any(isinstance(each, dict) for each in answers):
                (findings.undecided if None in answers else findings.pinned).append(target)
        return findings

    def _differs(self, world: World, target: Target) -> bool:
        number = self.of(world, target)
        return number > target.truth if target.only_more else number != target.truth

    def _another_world(self, targets: Sequence[Target], findings: Findings) -> World | None:
        direction = self.random.choice((-1, 1))
        self.problem.setObjective(
            pulp.lpSum(
                (1 if target.only_more else direction * self.random.choice((1, 1, 1, -1)))
                * self._sum(target.parts, target.filters, target.theme, target.states)
                for target in targets
            )
        )
        found = self._solve(findings)
        return found if isinstance(found, dict) else None

    def _world_where(self, target: Target, span: Span, findings: Findings) -> dict[str, list[Record]] | bool | None:
        total = self._sum(target.parts, target.filters, target.theme, target.states)
        kept = total.lowBound, total.upBound
        low, high = max(kept[0], span[0]), min(kept[1], span[1])
        if low > high:
            return False
        total.lowBound, total.upBound = low, high
        self.problem.setObjective(total if span[0] == 0 else -1 * total)
        try:
            return self._solve(findings)
        finally:
            total.lowBound, total.upBound = kept

    def _solve(self, findings: Findings) -> dict[str, list[Record]] | bool | None:
        """Another world, False when there is none, None when time ran out."""
        findings.solves += 1
        self.problem.solve(self.solver)
        if self.problem.sol_status in {pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible}:
            return self._world()
        return False if self.problem.status == pulp.LpStatusInfeasible else None

    def _world(self) -> dict[str, list[Record]]:
        world = {}
        for name, part in self.parts.items():
            world[name] = list(part.truth) if part.known else list(self._records(name))
            assert part.fewest <= len(world[name]) <= part.most
        for names, cells in self.shown.items():
            assert self._emit(world, names).groups == cells.groups, "the attacker misreads what is shown"
        return world

    def _records(self, name: str) -> Iterator[Record]:
        for kind in self.kinds:
            number = round(self.numbers[name, "", kind].value())
            bands, states = kind
            line = self.shape.line(states) if number else ""
            with_value = {
                value: round(self.numbers[name, value, kind].value())
                for value in self.shape.dimensions[self.shape.many]
            }
            for place in range(number):
                own = tuple(value for value, of_kind in with_value.items() if place < of_kind)
                yield Record(
                    line,
                    {
                        **{key: (band,) for key, band in zip(self.shape.single, bands, strict=True)},
                        self.shape.many: own,
                    },
                )
