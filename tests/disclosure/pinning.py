"""What must be so: the numbers that are the same in all tables that fit what is known, by integer programming."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_array, csr_array

SECONDS_A_PROBLEM: Final = 15.0
WANDERINGS: Final = 50_000
FURTHER_WAYS: Final = 10

Terms = Mapping[int, int]
"""A sum of unknown numbers: the place of each, and how often it counts."""


@dataclass
class Known:
    """Unknown whole numbers, at first from 0 to `mosts`, and what is known of sums of them."""

    mosts: Sequence[int]
    rows: list[tuple[Terms, float, float]] = field(default_factory=list)

    def add(self, terms: Terms, least: float, most: float) -> None:
        """A sum lies within these."""
        self.rows.append((terms, least, most))


@dataclass
class Pinned:
    """Which of the sums are certain, and which could not be settled in time."""

    certain: list[int] = field(default_factory=list)
    undecided: list[int] = field(default_factory=list)


def pin(known: Known, sums: Sequence[Terms], truth: Sequence[int], *, seed: int = 0) -> Pinned:
    """Look for other numbers that fit, in which each sum differs from the truth. ValueError unless the truth fits.

    Most sums differ in numbers near the true ones; the solver decides about the others.
    """
    return _Search(known, sums, truth, seed).settle()


class _Search:
    def __init__(self, known: Known, sums: Sequence[Terms], truth: Sequence[int], seed: int) -> None:
        self.values = np.array(truth, dtype=float)
        self.mosts = np.array(known.mosts, dtype=float)
        rows = known.rows or [({0: 0}, 0.0, 0.0)]
        self.matrix = _matrix([terms for terms, _, _ in rows], len(truth))
        self.least, self.most = (np.array([row[place] for row in rows], dtype=float) for place in (1, 2))
        found = self.matrix @ self.values
        if not (np.all(found >= self.least - 1e-9) and np.all(found <= self.most + 1e-9)):
            raise ValueError("the attacker misreads what is shown")
        self.wanted = _matrix(sums, len(truth))
        self.of_truth = self.wanted @ self.values
        self.chance = np.random.default_rng(seed)

    def settle(self) -> Pinned:
        left, pinned = self._wander(), Pinned()
        fruitless = 0
        while left and fruitless < 3:
            signs = self.chance.choice((-1.0, 1.0)) * self.chance.choice((1.0, 1.0, 1.0, -1.0), size=len(left))
            world, _ = self._solve(signs @ self.wanted[left], gap=0.5)
            if world is None:
                break
            still = self._same(world, left)
            fruitless = fruitless + 1 if len(still) > 0.9 * len(left) else 0
            left = still
        while left:
            target = left.pop()
            answers = []
            for way in (1.0, -1.0):
                world, is_proved = self._solve(way * self.wanted[[target]].toarray()[0])
                if world is not None and not self._same(world, [target]):
                    left = self._same(world, left)
                    break
                answers.append(is_proved)
            else:
                (pinned.certain if all(answers) else pinned.undecided).append(target)
        # Where the solver had no time, other ways from the true numbers may lead to one that differs.
        for _ in range(FURTHER_WAYS if pinned.undecided else 0):
            same = set(self._wander())
            pinned.undecided = [each for each in pinned.undecided if each in same]
        return pinned

    def _same(self, world: Any, among: Sequence[int]) -> list[int]:
        found = self.wanted[list(among)] @ world if among else []
        return [each for each, number in zip(among, found, strict=True) if number == self.of_truth[each]]

    def _solve(self, objective: Any, gap: float = 0.0) -> tuple[Any, bool]:
        """Numbers that fit with much of this, and whether none have more."""
        answer = milp(
            -objective,
            constraints=LinearConstraint(self.matrix, self.least, self.most),
            bounds=Bounds(np.zeros(len(self.values)), self.mosts),
            integrality=np.ones(len(self.values)),
            options={"time_limit": SECONDS_A_PROBLEM, "mip_rel_gap": gap},
        )
        return (None if answer.x is None else np.round(answer.x)), answer.status == 0

    def _wander(self) -> list[int]:
        """The sums that are the same in all numbers met on a random way from the true ones."""
        columns, of_sums = csc_array(self.matrix).toarray(), csc_array(self.wanted).toarray()
        values, found, now = self.values.copy(), self.matrix @ self.values, self.of_truth.copy()
        same = np.ones(len(now), dtype=bool)
        places = self.chance.integers(len(values), size=(WANDERINGS, 2))
        ways = self.chance.choice((-1.0, 1.0), size=WANDERINGS)
        pairs = self.chance.random(WANDERINGS) < 0.6
        for (one, other), way, is_pair in zip(places, ways, pairs, strict=True):
            moved = found + way * columns[:, one]
            if not 0 <= values[one] + way <= self.mosts[one]:
                continue
            if is_pair:
                if one == other or not 0 <= values[other] - way <= self.mosts[other]:
                    continue
                moved -= way * columns[:, other]
            if np.all(moved >= self.least) and np.all(moved <= self.most):
                found = moved
                values[one] += way
                now += way * of_sums[:, one]
                if is_pair:
                    values[other] -= way
                    now -= way * of_sums[:, other]
                same &= now == self.of_truth
        return [int(place) for place in np.flatnonzero(same)]


def _matrix(sums: Sequence[Terms], width: int) -> csr_array:
    entries = [(row, place, float(times)) for row, terms in enumerate(sums) for place, times in terms.items()]
    rows, places, times = zip(*entries, strict=True) if entries else ((), (), ())
    return csr_array((times, (rows, places)), shape=(len(sums), width))
