"""A second hand at drawing: the recipe of docs/sampling.md followed step by step, with nothing of the product in it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from typing import Final

ONE: Final = 10**12
Cell = tuple[str, str]


def number(*texts: str) -> int:
    whole = b""
    for text in texts:
        written = text.encode("utf-8")
        whole += str(len(written)).encode("ascii") + b":" + written
    return int(sha256(whole).hexdigest(), 16)


def redrawn(
    frame: Sequence[tuple[str, str, str]], seed: str, sizes: Mapping[str, int], cap: int | None
) -> dict[str, float]:
    """The selected references with their probabilities; the frame has reference, stratum and worker of each case."""
    column = {reference: worker if cap is not None else "" for reference, _, worker in frame}
    counts: dict[Cell, int] = {}
    for reference, stratum, _ in frame:
        cell = (stratum, column[reference])
        counts[cell] = counts.get(cell, 0) + 1
    counts = dict(sorted(counts.items()))
    parts = Expected(counts, sizes, cap).found()
    to_take = whole(parts, seed)
    selected = {}
    for reference, stratum, _ in sorted(frame, key=lambda case: number(seed, "order", case[0])):
        cell = (stratum, column[reference])
        if to_take[cell]:
            to_take[cell] -= 1
            selected[reference] = float(Fraction(parts[cell], counts[cell] * ONE))
    return selected


class Expected:
    """Steps 4 to 6: the table, and what is done to it."""

    def __init__(self, counts: Mapping[Cell, int], sizes: Mapping[str, int], cap: int | None) -> None:
        self.counts, self.sizes, self.cap = counts, sizes, cap
        self.strata, self.workers = sorted({cell[0] for cell in counts}), sorted({cell[1] for cell in counts})
        self.x: dict[Cell, int] = {}
        for stratum in self.strata:
            row = self.row(stratum)
            for cell in row:
                self.x[cell] = counts[cell] * sizes[stratum] * ONE // sum(counts[each] for each in row)

    def row(self, stratum: str) -> list[Cell]:
        return [cell for cell in self.counts if cell[0] == stratum]

    def total(self, cells: Sequence[Cell]) -> int:
        return sum(self.x[cell] for cell in cells)

    def found(self) -> dict[Cell, int]:
        for sweep in range(201):
            if not self.trim() or sweep == 200:
                break
            for stratum in self.strata:
                self.grow(stratum)
        for stratum in self.strata:
            while missing := self.sizes[stratum] * ONE - self.total(self.row(stratum)):
                self.fill(stratum, missing)
        return self.x

    def trim(self) -> bool:
        furthest = 0
        for worker in self.workers:
            mine = [cell for cell in self.counts if cell[1] == worker]
            have = self.total(mine)
            if worker != "" and self.cap is not None and have > self.cap * ONE:
                furthest = max(furthest, have - self.cap * ONE)
                for cell in mine:
                    self.x[cell] = self.x[cell] * self.cap * ONE // have
        return furthest > 10**6

    def grow(self, stratum: str) -> None:
        growing = [cell for cell in self.row(stratum) if 0 < self.x[cell] < self.counts[cell] * ONE]
        while growing:
            have = self.total(growing)
            want = self.sizes[stratum] * ONE - self.total(self.row(stratum)) + have
            if want <= have:
                return
            full = [cell for cell in growing if self.x[cell] * want >= self.counts[cell] * ONE * have]
            if not full:
                for cell in growing:
                    self.x[cell] = self.x[cell] * want // have
                return
            for cell in full:
                self.x[cell] = self.counts[cell] * ONE
            growing = [cell for cell in growing if cell not in full]

    def fill(self, stratum: str, missing: int) -> None:
        plus, minus, room = shortest_path(stratum, self.x, self.counts, self.cap)
        spare = [self.counts[cell] * ONE - self.x[cell] for cell in plus]
        step = min([missing, *room, *spare, *(self.x[cell] for cell in minus)])
        for cell in plus:
            self.x[cell] += step
        for cell in minus:
            self.x[cell] -= step


def shortest_path(
    start: str, x: Mapping[Cell, int], counts: Mapping[Cell, int], cap: int | None
) -> tuple[list[Cell], list[Cell], list[int]]:
    """Step 6: the cells that gain, those that lose, and the room of the worker where the path ends, if limited."""
    strata, workers = sorted({cell[0] for cell in counts}), sorted({cell[1] for cell in counts})
    ways: dict[str, tuple[list[Cell], list[Cell]]] = {start: ([], [])}
    seen_workers = set()
    queue = [start]
    for stratum in queue:
        plus, minus = ways[stratum]
        for worker in workers:
            cell = (stratum, worker)
            if cell not in counts or worker in seen_workers or x[cell] >= counts[cell] * ONE:
                continue
            seen_workers.add(worker)
            if worker == "" or cap is None:
                return [*plus, cell], minus, []
            room = cap * ONE - sum(parts for other, parts in x.items() if other[1] == worker)
            if room > 0:
                return [*plus, cell], minus, [room]
            for other in strata:
                if other not in ways and x.get((other, worker), 0) > 0:
                    ways[other] = ([*plus, cell], [*minus, (other, worker)])
                    queue.append(other)
    raise AssertionError("the plan cannot be kept")


def whole(parts: Mapping[Cell, int], seed: str) -> dict[Cell, int]:
    """Step 7."""
    strata, workers = sorted({cell[0] for cell in parts}), sorted({cell[1] for cell in parts})
    nodes = [*strata, None, *workers]
    fraction = {}
    for column in range(len(strata) + 1, len(nodes)):
        for row, stratum in enumerate(strata):
            fraction[row, column] = parts.get((stratum, str(nodes[column])), 0) % ONE
        fraction[len(strata), column] = -sum(fraction[row, column] for row in range(len(strata))) % ONE
    up: set[tuple[int, int]] = set()
    for gain, lose, step in rings(fraction, len(nodes), seed):
        for cell in gain + lose:
            fraction[cell] += step if cell in gain else -step
            if fraction[cell] == ONE:
                up.add(cell)
                fraction[cell] = 0
    return {
        (str(nodes[row]), str(nodes[column])): parts[str(nodes[row]), str(nodes[column])] // ONE + ((row, column) in up)
        for row, column in fraction
        if row < len(strata) and (str(nodes[row]), str(nodes[column])) in parts
    }


Ring = tuple[list[tuple[int, int]], list[tuple[int, int]], int]


def rings(fraction: Mapping[tuple[int, int], int], nodes: int, seed: str) -> Iterator[Ring]:
    """Each ring in turn: the cells that gain a step, those that lose it, and the step, which may be negative."""
    numbers = Stream(seed)
    for start in range(nodes):
        path = [start]
        while neighbours := sorted(sum(cell) - path[-1] for cell, f in fraction.items() if f and path[-1] in cell):
            onward = next(node for node in neighbours if len(path) < 2 or node != path[-2])
            if onward not in path:
                path.append(onward)
                continue
            ring = path[path.index(onward) :]
            cells = [(min(ends), max(ends)) for ends in zip(ring, ring[1:] + ring[:1], strict=True)]
            gain, lose = cells[0::2], cells[1::2]
            forth = min([ONE - fraction[cell] for cell in gain] + [fraction[cell] for cell in lose])
            back = min([fraction[cell] for cell in gain] + [ONE - fraction[cell] for cell in lose])
            yield gain, lose, forth if numbers.below(forth + back) < back else -back
            path = path[: path.index(onward) + 1]


@dataclass
class Stream:
    """Fair numbers for the rings, one after the other."""

    seed: str
    taken: int = 0

    def below(self, limit: int) -> int:
        while True:
            found = number(self.seed, "rounding", str(self.taken))
            self.taken += 1
            if found < 2**256 - 2**256 % limit:
                return found % limit
