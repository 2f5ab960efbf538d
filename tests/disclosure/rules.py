"""Rules of release to compare: what each shows of a cell, and what can be known from it for certain."""

import hashlib
import itertools
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from checklists.release.altered_copy import Column, EarlierCopy, InCopy, NoCopyError, Subject, make_copy
from tests.disclosure.rounds import BELOW, LETTERS, MEETS, Filters, Snapshot, Tally

INFINITY: Final = math.inf
SMALLEST: Final = 10

Row = tuple[int, int, float, float]
"""How often those that meet and those below count, and between what their sum lies."""


@dataclass(frozen=True)
class Shown:
    """What is shown of a theme in a cell, applicable and below, and what follows for the true numbers."""

    numbers: tuple[float, float] | None
    rows: Sequence[Row]

    @property
    def share(self) -> float | None:
        """The share that meets the standard, as it is shown; None where it is hidden."""
        return None if self.numbers is None else 1 - self.numbers[1] / self.numbers[0]


Release = dict[Filters, Shown]
Rule = Callable[[Sequence[Snapshot], int, random.Random], Sequence[Release] | None]
"""What is shown of a theme in snapshots of one round, one after another; None when one of them is refused."""


def each_cell(show: Callable[[Tally, int, str], Shown], *, pairs: bool = True) -> Rule:
    """A rule that looks at one cell alone: its numbers, its size, and a name for the audits in it."""

    def rule(snapshots: Sequence[Snapshot], theme: int, chance: random.Random) -> Sequence[Release]:
        key = str(chance.random())
        return [
            {
                filters: show(each.tally(filters, theme), len(members), f"{key} {[a.number for a in members]}")
                for filters, members in each.members.items()
                if pairs or len(filters) < 2
            }
            for each in snapshots
        ]

    return rule


def former(smallest: int = 10, rounding: int = 5, small: int = 5) -> Callable[[Tally, int, str], Shown]:
    """The rule that this service had before: few are hidden, the rest is rounded."""

    def rounded(number: int) -> int:
        return (2 * number + rounding) // (2 * rounding) * rounding

    def span(shown: int) -> tuple[float, float]:
        return shown - rounding // 2, shown + (rounding - 1) // 2

    def show(tally: Tally, size: int, name: str) -> Shown:
        few_below, few_meet = tally.below <= small, tally.meets <= small
        if tally.applicable < smallest or (few_below and few_meet):
            return Shown(
                None, [(1, 1, 0, max(smallest - 1, 2 * small)), (0, 1, 0, smallest - 1), (1, 0, 0, smallest - 1)]
            )
        least, most = span(rounded(tally.applicable))
        rows: list[Row] = [(1, 1, max(least, smallest), most)]
        if few_below:
            return Shown(None, [*rows, (0, 1, 0, small), (1, 0, small + 1, INFINITY)])
        if few_meet:
            return Shown(None, [*rows, (1, 0, 0, small), (0, 1, small + 1, INFINITY)])
        least, most = span(rounded(tally.below))
        rows += [(0, 1, max(least, small + 1), most), (1, 0, small + 1, INFINITY)]
        return Shown((rounded(tally.applicable), rounded(tally.below)), rows)

    return show


def hashed(name: str) -> float:
    """A number from 0 to 1 for a name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:7]) / 2**56


def cell_key(most: int = 3) -> Callable[[Tally, int, str], Shown]:
    """Cell-key perturbation: noise of up to `most` on both counts, fixed by the audits in the cell; few are hidden."""
    weights = [most + 1 - abs(noise) for noise in range(-most, most + 1)]

    def noise(name: str) -> int:
        at = hashed(name) * sum(weights)
        for value, weight in enumerate(weights):
            at -= weight
            if at < 0:
                return value - most
        return most

    def show(tally: Tally, size: int, name: str) -> Shown:
        applicable = min(size, max(0, tally.applicable + noise(f"applicable {name}")))
        below = min(applicable, max(0, tally.below + noise(f"below {name}")))
        if applicable < SMALLEST:
            return Shown(None, [(1, 1, 0, SMALLEST - 1 + most)])
        # Cut off at 0 and at the size: what is shown may come from further away.
        rows: list[Row] = [(1, 1, applicable - most, applicable + most)]
        rows.append((0, 1, below - most, INFINITY if below == applicable else below + most))
        return Shown((applicable, below), rows)

    return show


def gaussian(deviation: float = 1.5) -> Callable[[Tally, int, str], Shown]:
    """Discrete Gaussian noise on both counts: nothing is certain, and no number is bounded."""

    def noise(name: str) -> int:
        values = range(-12, 13)
        weights = [math.exp(-(value**2) / (2 * deviation**2)) for value in values]
        at = hashed(name) * sum(weights)
        for value, weight in zip(values, weights, strict=True):
            at -= weight
            if at < 0:
                return value
        return 0

    def show(tally: Tally, size: int, name: str) -> Shown:
        applicable = min(size, max(0, tally.applicable + noise(f"applicable {name}")))
        below = min(applicable, max(0, tally.below + noise(f"below {name}")))
        return Shown(None if applicable < SMALLEST else (applicable, below), [])

    return show


EDGES: Final = (0, 25, 50, 70, 80, 90, 101)


def classes(tally: Tally, size: int, name: str) -> Shown:
    """Classes of shares with edges fixed in advance, for ten applicable answers or more."""
    if tally.applicable < SMALLEST:
        return Shown(None, [(1, 1, 0, SMALLEST - 1)])
    percent = 100 * tally.meets / tally.applicable
    low, high = next((low, high) for low, high in itertools.pairwise(EDGES) if low <= percent < high)
    rows: list[Row] = [(1, 1, SMALLEST, INFINITY), (100 - low, -low, 0, INFINITY)]
    if high <= 100:
        rows.append((100 - high, -high, -INFINITY, -1))
    return Shown((100, 100 - (low + min(high, 100)) / 2), rows)


def altered(noise: int, *, pairs: bool = True) -> Rule:
    """Counts of an altered copy, within a stated number of the truth in every cell."""

    def rule(snapshots: Sequence[Snapshot], theme: int, chance: random.Random) -> Sequence[Release] | None:
        key, earlier, found = chance.randbytes(32), list[EarlierCopy](), list[Release]()
        for each in snapshots:
            names = {filters: at for at, filters in enumerate(sorted(each.members, key=lambda one: (len(one), one)))}
            cells: dict[int, list[int]] = {audit.number: [] for audit in each.audits}
            for filters, members in each.members.items():
                if pairs or len(filters) < 2:
                    for audit in members:
                        cells[audit.number].append(names[filters])
            subjects = {
                audit.number: Subject(tuple(cells[audit.number]), str(audit.bands), audit.letters[theme])
                for audit in each.audits
            }
            try:
                copy, within = make_copy(subjects, [Column(LETTERS)], key=key, earlier=earlier, noise=noise)
            except NoCopyError:
                return None
            earlier.append(
                EarlierCopy(within, {at: InCopy(its.bands, its.letters, copy[at]) for at, its in subjects.items()})
            )
            found.append(_counted(each, copy, within, pairs=pairs))
        return found

    return rule


def _counted(snapshot: Snapshot, copy: Mapping[int, str], within: int, *, pairs: bool) -> Release:
    found = {}
    for filters, members in snapshot.members.items():
        if pairs or len(filters) < 2:
            letters = [copy[audit.number] for audit in members]
            meets, below = letters.count(MEETS), letters.count(BELOW)
            rows = [
                (of_meets, of_below, number - within, number + within)
                for of_meets, of_below, number in ((1, 0, meets), (0, 1, below), (1, 1, meets + below))
            ]
            found[filters] = Shown(None if meets + below < SMALLEST else (meets + below, below), rows)
    return found
