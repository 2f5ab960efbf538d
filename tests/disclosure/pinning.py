"""What must be so: the numbers that are the same in all tables that fit what is known, by integer programming."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

SECONDS_A_PROBLEM: Final = 3.0

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
    """Look for other numbers that fit, in which each sum differs from the truth. ValueError unless the truth fits."""
    values = np.array(truth)
    constraints = []
    if known.rows:
        matrix = _matrix([terms for terms, _, _ in known.rows], len(values))
        least, most = (np.array([row[place] for row in known.rows]) for place in (1, 2))
        found = matrix @ values
        if not (np.all(found >= least - 1e-9) and np.all(found <= most + 1e-9)):
            raise ValueError("the attacker misreads what is shown")
        constraints = [LinearConstraint(matrix, least, most)]
    wanted = _matrix(sums, len(values))
    of_truth = wanted @ values
    bounds = Bounds(np.zeros(len(values)), np.array(known.mosts, dtype=float))
    chance, left, pinned = np.random.default_rng(seed), list(range(len(sums))), Pinned()

    def other(
        objective: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    ) -> "np.ndarray[tuple[int], np.dtype[np.float64]] | None":
        answer = milp(
            -objective,
            constraints=constraints,
            bounds=bounds,
            integrality=np.ones(len(values)),
            options={"time_limit": SECONDS_A_PROBLEM, "mip_rel_gap": 0.5},
        )
        return None if answer.x is None else np.round(answer.x)

    fruitless = 0
    while left and fruitless < 3:
        way = chance.choice((-1.0, 1.0))
        signs = way * chance.choice((1.0, 1.0, 1.0, -1.0), size=len(left))
        world = other(signs @ wanted[left])
        if world is None:
            break
        still = wanted[left] @ world == of_truth[left]
        fruitless = fruitless + 1 if still.sum() > 0.9 * len(left) else 0
        left = [each for each, same in zip(left, still, strict=True) if same]
    while left:
        target = left.pop()
        settled = True
        for way in (1.0, -1.0):
            answer = milp(
                -way * wanted[[target]].toarray()[0],
                constraints=constraints,
                bounds=bounds,
                integrality=np.ones(len(values)),
                options={"time_limit": SECONDS_A_PROBLEM},
            )
            if answer.x is None:
                settled = False
                continue
            world = np.round(answer.x)
            if (wanted[[target]] @ world)[0] != of_truth[target]:
                left = [each for each in left if (wanted[[each]] @ world)[0] == of_truth[each]]
                break
        else:
            (pinned.certain if settled else pinned.undecided).append(target)
    return pinned


def _matrix(sums: Sequence[Terms], width: int) -> csr_array:
    rows = [(row, place, times) for row, terms in enumerate(sums) for place, times in terms.items()]
    data = [float(times) for _, _, times in rows]
    return csr_array((data, ([row for row, _, _ in rows], [place for _, place, _ in rows])), shape=(len(sums), width))
