"""Allocating cases to auditors: by rules for each person, evenly, and by a seed where several choices are equal."""

import hashlib
import math
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import TypeVar


class Rule(StrEnum):
    """A rule that excludes a case from a person."""

    OWN_TEAM = "own-team"
    OWN_CASELOAD = "own-caseload"
    READ_LAST_TIME = "read-last-time"
    ALREADY_READS = "already-reads"
    HAS_REVIEWED = "has-reviewed"
    AT_CAP = "at-cap"
    AWAY = "away"
    EXEMPT = "exempt"

    @property
    def words(self) -> str:
        """The text after "This person"."""
        return {
            "own-team": "belongs to the team that works this case",
            "own-caseload": "works this case",
            "read-last-time": "read this case the last time",
            "already-reads": "already reads this case in this round",
            "has-reviewed": "has seen or moderated an audit of this case in this round",
            "at-cap": "has as many audits in this round as they take",
            "away": "is away today or on the due date",
            "exempt": "is exempt from this round",
        }[self.value]


@dataclass(frozen=True, slots=True)
class CaseToRead:
    """A case, its team and worker, who read it in the round before, and who reads or reviews it in this one already.

    Reviewers have seen or moderated an audit of the case, settled its readings, or act on an urgent concern of it.
    """

    id: str
    team: str
    worker: str = ""
    read_last_by: str = ""
    readers: frozenset[str] = frozenset()
    reviewers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Auditor:
    """A possible auditor: their teams and pseudonyms as a worker, their present load, and their limit."""

    id: str
    teams: frozenset[str] = frozenset()
    workers: frozenset[str] = frozenset()
    load: int = 0
    cap: int | None = None
    away: bool = False
    exempt: bool = False


@dataclass(frozen=True, slots=True)
class Allocated:
    """An allocated reading. `fellows`: how many auditors may read the case by the rules, this one included."""

    case: str
    reading: int
    auditor: str
    fellows: int


@dataclass(frozen=True, slots=True)
class Unallocated:
    """A reading that cannot be allocated, and how many auditors each rule excluded."""

    case: str
    reading: int
    because: Mapping[Rule, int]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Who would read what. `double_read` are the cases drawn for two readings."""

    allocated: tuple[Allocated, ...]
    left_over: tuple[Unallocated, ...]
    double_read: tuple[str, ...]


def breaches(case: CaseToRead, auditor: Auditor) -> tuple[Rule, ...]:
    """Every rule that excludes this case from this auditor at present."""
    at_cap = auditor.cap is not None and auditor.load >= auditor.cap
    return (*_personal(case, auditor), *((Rule.AT_CAP,) if at_cap else ()))


def allocate(
    cases: Iterable[CaseToRead], auditors: Iterable[Auditor], *, seed: str, double_share: Fraction = Fraction(0)
) -> Proposal:
    """Give each case a reading, and a share of them, rounded up, a second one by another person.

    As many readings are allocated as the rules allow, first readings before second ones. Then the loads, including what
    each auditor has already, are as even as the rules allow: the sum of their squares is least (an optimal
    semi-matching: N. Harvey, R. Ladner, L. Lovász and T. Tamir, 2006, "Semi-matchings for bipartite graphs and load
    balancing", Journal of Algorithms 59). The seed decides between equal choices: the same seed gives the same
    proposal, whatever the order of cases and auditors. ValueError for a duplicate id.
    """
    allocator = _Allocator(_shuffled(cases, seed), _shuffled(auditors, seed))
    twice = math.ceil(double_share * len(allocator.cases))
    double_read = {case.id for case in _shuffled(allocator.cases, f"{seed} twice")[:twice]}
    for case in allocator.cases:
        allocator.give(case)
    for case in allocator.cases:
        if case.id in double_read:
            allocator.give(case)
    allocator.even_out()
    return allocator.proposal(double_read, seed)


@dataclass(slots=True)
class _Allocator:
    """Cases, auditors, and the readings allocated so far. Which of a case's readings is whose is decided last."""

    cases: Sequence[CaseToRead]
    auditors: Sequence[Auditor]
    able: dict[str, list[str]] = field(init=False)
    loads: dict[str, int] = field(init=False)
    room: dict[str, float] = field(init=False)
    held: dict[str, dict[str, None]] = field(init=False)
    readers: dict[str, list[str]] = field(init=False)
    missing: list[CaseToRead] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.able = {
            case.id: [auditor.id for auditor in self.auditors if not _personal(case, auditor)] for case in self.cases
        }
        self.loads = {auditor.id: auditor.load for auditor in self.auditors}
        self.room = {auditor.id: math.inf if auditor.cap is None else auditor.cap for auditor in self.auditors}
        self.held = {auditor.id: {} for auditor in self.auditors}
        self.readers = {case.id: [] for case in self.cases}

    def give(self, case: CaseToRead) -> None:
        """Allocate a reading to the least loaded auditor who can have it, if necessary by moving others' readings."""
        free = [one for one in self.able[case.id] if one not in self.readers[case.id]]
        spare = [one for one in free if self.loads[one] < self.room[one]]
        if spare:
            self._take(case.id, min(spare, key=self.loads.__getitem__))
            return
        path = self._path(free, lambda one: self.loads[one] < self.room[one])
        if path is None:
            self.missing.append(case)
            return
        self._shift(path)
        self._take(case.id, path[0][0])

    def even_out(self) -> None:
        """Move readings along paths from auditors with more to those with less, until no path is left."""
        while (path := self._evening_path()) is not None:
            self._shift(path)

    def _evening_path(self) -> list[tuple[str, str]] | None:
        for one in sorted(self.loads, key=self.loads.__getitem__, reverse=True):
            enough = self.loads[one] - 2
            path = self._path([one], partial(self._has_at_most, enough))
            if path is not None:
                return path
        return None

    def _has_at_most(self, enough: int, one: str) -> bool:
        return self.loads[one] <= enough and self.loads[one] < self.room[one]

    def proposal(self, double_read: set[str], seed: str) -> Proposal:
        """What was allocated, and what could not be and why."""
        allocated = []
        for case in self.cases:
            # The order of the two readers is random.
            for reading, one in enumerate(sorted(self.readers[case.id], key=lambda one: _rank(one, seed, case.id)), 1):
                number = reading + len(case.readers)
                allocated.append(Allocated(case.id, number, one, len(self.able[case.id])))
        left_over = []
        given: Counter[str] = Counter()
        for case in self.missing:
            reading = len(self.readers[case.id]) + len(case.readers) + given[case.id] + 1
            given[case.id] += 1
            left_over.append(Unallocated(case.id, reading, self._because(case)))
        order = [case.id for case in self.cases if case.id in double_read]
        return Proposal(tuple(allocated), tuple(left_over), tuple(order))

    def _because(self, case: CaseToRead) -> dict[Rule, int]:
        counts: Counter[Rule] = Counter()
        for auditor in self.auditors:
            rules = [*_personal(case, auditor)]
            if auditor.id in self.readers[case.id]:
                rules.append(Rule.ALREADY_READS)
            if self.loads[auditor.id] >= self.room[auditor.id]:
                rules.append(Rule.AT_CAP)
            counts.update(rules)
        return {rule: counts[rule] for rule in Rule if counts[rule]}

    def _path(self, starts: Sequence[str], is_end: Callable[[str], bool]) -> list[tuple[str, str]] | None:
        """The shortest path from one of the starts to an end, as (auditor, the case that they pass on to the next).

        Each step passes on a case that the next auditor can read and does not read yet. None when there is no path.
        """
        came_from: dict[str, tuple[str, str] | None] = dict.fromkeys(starts)
        waiting = deque(starts)
        while waiting:
            one = waiting.popleft()
            if is_end(one):
                return self._way(one, came_from)
            for case in self.held[one]:
                for other in self.able[case]:
                    if other not in came_from and other not in self.readers[case]:
                        came_from[other] = (one, case)
                        waiting.append(other)
        return None

    @staticmethod
    def _way(end: str, came_from: Mapping[str, tuple[str, str] | None]) -> list[tuple[str, str]]:
        step: tuple[str, str] | None = (end, "")
        way = []
        while step is not None:
            way.append(step)
            step = came_from[step[0]]
        return way[::-1]

    def _shift(self, path: Sequence[tuple[str, str]]) -> None:
        for (one, case), (other, _) in pairwise(path):
            del self.held[one][case]
            self.loads[one] -= 1
            self.readers[case].remove(one)
            self._take(case, other)

    def _take(self, case: str, one: str) -> None:
        self.held[one][case] = None
        self.loads[one] += 1
        self.readers[case].append(one)


_Item = TypeVar("_Item", CaseToRead, Auditor)


def _personal(case: CaseToRead, auditor: Auditor) -> tuple[Rule, ...]:
    """The rules that exclude this case from this auditor whatever their load."""
    tests = (
        (Rule.OWN_TEAM, case.team in auditor.teams),
        (Rule.OWN_CASELOAD, bool(case.worker) and case.worker in auditor.workers),
        (Rule.READ_LAST_TIME, case.read_last_by == auditor.id),
        (Rule.ALREADY_READS, auditor.id in case.readers),
        (Rule.HAS_REVIEWED, auditor.id in case.reviewers),
        (Rule.AWAY, auditor.away),
        (Rule.EXEMPT, auditor.exempt),
    )
    return tuple(rule for rule, holds in tests if holds)


def _rank(identifier: str, *seeds: str) -> str:
    return hashlib.sha256("\n".join((*seeds, identifier)).encode()).hexdigest()


def _shuffled(items: Iterable[_Item], seed: str) -> list[_Item]:
    """In an order that the seed alone decides. ValueError for a duplicate id."""
    found = list(items)
    if len({item.id for item in found}) < len(found):
        raise ValueError("an id is there twice")
    return sorted(found, key=lambda item: _rank(item.id, seed))
