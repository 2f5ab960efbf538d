"""Frames and plans to draw from: every way in which strata, workers and a cap can meet."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from checklists.samples.sampling import DrawPlan, FrameCase, SizeRule


@dataclass(frozen=True, slots=True)
class Design:
    """A frame by stratum and worker, and a plan for it; the seed is left open."""

    cells: Mapping[tuple[str, str], int]
    size: int
    rule: SizeRule = SizeRule.PROPORTIONAL
    minimum: int = 0
    cap: int | None = None

    @property
    def frame(self) -> list[FrameCase]:
        return [
            FrameCase(f"{stratum}{worker}{number:03d}", stratum, worker)
            for (stratum, worker), count in self.cells.items()
            for number in range(count)
        ]

    def plan(self, seed: str) -> DrawPlan:
        return DrawPlan(seed, self.size, self.rule, self.minimum, self.cap)


DESIGNS: Final[Mapping[str, Design]] = {
    "one stratum": Design({("", ""): 23}, 5),
    "proportional, with a minimum": Design({("a", ""): 20, ("b", ""): 11, ("c", ""): 3}, 9, minimum=2),
    "equal": Design({("a", ""): 20, ("b", ""): 9, ("c", ""): 5}, 10, SizeRule.EQUAL),
    "a cap that seldom binds": Design({("a", f"w{n}"): 3 for n in range(8)}, 8, cap=2),
    "a cap on workers of one stratum": Design(
        {("a", "u"): 12, ("a", "v"): 4, ("a", "w"): 1, ("b", "x"): 7, ("b", "y"): 3, ("b", "z"): 2}, 8, cap=2
    ),
    "a cap across strata": Design(
        {
            ("a", "u"): 7,
            ("a", "v"): 3,
            ("a", "w"): 2,
            ("b", "u"): 4,
            ("b", "w"): 5,
            ("b", "x"): 1,
            ("c", "v"): 3,
            ("c", "x"): 4,
            ("c", "y"): 2,
            ("c", "z"): 5,
        },
        9,
        SizeRule.EQUAL,
        cap=2,
    ),
    "cases without a worker": Design(
        {("a", ""): 6, ("a", "u"): 9, ("b", ""): 2, ("b", "u"): 5, ("b", "v"): 3}, 8, cap=1
    ),
    "every worker at the cap": Design({("a", "u"): 5, ("a", "v"): 3, ("b", "v"): 4, ("b", "w"): 6}, 6, cap=2),
    "some cases certain": Design(
        {("a", "u"): 2, ("a", "v"): 9, ("b", "v"): 4, ("b", "w"): 3}, 6, SizeRule.EQUAL, cap=3
    ),
    "some cases without a chance": Design(
        {("a", "u"): 4, ("a", "v"): 5, ("b", "u"): 6, ("b", ""): 0}, 4, SizeRule.EQUAL, cap=2
    ),
}


def a_frame(seed: int, *, strata: int, workers: int, cases: int) -> list[FrameCase]:
    """Uneven strata and caseloads; about one case in twelve has no worker."""
    chance = random.Random(seed)
    teams = [f"team {number}" for number in range(strata)]
    caseloads = [(f"w{number}", chance.choice(teams), chance.random() ** 2) for number in range(workers)]
    weights = [weight for _, _, weight in caseloads]
    frame = []
    for number in range(cases):
        worker, team, _ = chance.choices(caseloads, weights)[0]
        stratum = team if chance.random() < 0.8 else chance.choice(teams)
        frame.append(FrameCase(f"case {number:05d}", stratum, worker if chance.random() < 11 / 12 else ""))
    return frame


def by_cell(frame: Sequence[FrameCase]) -> dict[str, dict[str, int]]:
    cells: dict[str, dict[str, int]] = {}
    for case in frame:
        row = cells.setdefault(case.stratum, {})
        row[case.worker] = row.get(case.worker, 0) + 1
    return cells
