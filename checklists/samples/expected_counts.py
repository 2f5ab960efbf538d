"""How many cases of each worker a stratum is expected to give, given a limit for each worker in a sample."""

from collections import deque
from collections.abc import Mapping
from typing import Final

UNIT: Final = 10**12
"""Expected counts are whole numbers of parts, of which this many make one case: so their sums are exact."""
CLOSE: Final = 10**6
"""A column no more than this many parts over its cap, a millionth of a case, is near enough to stop raking."""
SWEEPS: Final = 200
NO_WORKER: Final = ""

Counts = Mapping[str, Mapping[str, int]]


def expected_counts(sizes: Mapping[str, int], cells: Counts, cap: int) -> dict[str, dict[str, int]]:
    """The expected counts by stratum and worker, in parts of `UNIT`, as near to equal probabilities as the cap allows.

    `cells` has how many cases of each worker a stratum has. Each row of the answer adds up to exactly the stratum's
    size, no worker's column to more than the cap, and no cell to more than its cases; the worker "" has no cap. From
    equal probabilities in a stratum, columns over the cap are scaled down to it and rows under their size scaled up, in
    turn (raking, after W. E. Deming and F. F. Stephan, Annals of Mathematical Statistics 11 (1940), 427-444). What is
    missing after that, single parts or at worst what slow raking left, is filled along shortest paths. ValueError where
    the sizes cannot be reached under the cap: `available_under_cap` tells beforehand.
    """
    table = {
        stratum: {worker: count * sizes[stratum] * UNIT // sum(row.values()) for worker, count in sorted(row.items())}
        for stratum, row in sorted(cells.items())
    }
    filling = _Filling(
        table,
        {stratum: sizes[stratum] * UNIT for stratum in table},
        {stratum: {worker: count * UNIT for worker, count in row.items()} for stratum, row in cells.items()},
        cap * UNIT,
    )
    filling.rake()
    if any(filling.fill(stratum) for stratum in table):
        raise ValueError("the sizes cannot be had under the cap")
    return table


def available_under_cap(sizes: Mapping[str, int], cells: Counts, cap: int) -> dict[str, int]:
    """How many cases each stratum can give, up to its size, with no worker over the cap.

    As many as it can give by itself; where each could give its size by itself, as many as are left for it when the
    strata before it in order of name have theirs.
    """
    alone = {
        stratum: sum(count if worker == NO_WORKER else min(count, cap) for worker, count in row.items())
        for stratum, row in sorted(cells.items())
    }
    if any(alone[stratum] < sizes[stratum] for stratum in alone):
        return {stratum: min(alone[stratum], sizes[stratum]) for stratum in alone}
    table = {stratum: dict.fromkeys(sorted(row), 0) for stratum, row in sorted(cells.items())}
    filling = _Filling(table, {stratum: sizes[stratum] for stratum in table}, cells, cap)
    return {stratum: sizes[stratum] - filling.fill(stratum) for stratum in table}


class _Filling:
    """A table being filled to its row totals, within limits of its cells and of every column but `NO_WORKER`."""

    def __init__(self, table: dict[str, dict[str, int]], rows: Mapping[str, int], limits: Counts, column: int) -> None:
        self.table, self.rows, self.limits, self.column = table, rows, limits, column
        self.strata_of: dict[str, list[str]] = {}
        for stratum, row in table.items():
            for worker in row:
                self.strata_of.setdefault(worker, []).append(stratum)

    def rake(self) -> None:
        """Scale columns and rows in turn until no column was far over; columns are scaled last."""
        for _ in range(SWEEPS):
            if not self._trim_columns():
                return
            for stratum in self.table:
                self._grow_row(stratum)
        self._trim_columns()

    def _trim_columns(self) -> bool:
        far_over = False
        for worker, strata in self.strata_of.items():
            total = sum(self.table[stratum][worker] for stratum in strata)
            if worker != NO_WORKER and total > self.column:
                far_over |= total > self.column + CLOSE
                for stratum in strata:
                    self.table[stratum][worker] = self.table[stratum][worker] * self.column // total
        return far_over

    def _grow_row(self, stratum: str) -> None:
        row, limits = self.table[stratum], self.limits[stratum]
        growing = {worker for worker, parts in row.items() if 0 < parts < limits[worker]}
        while growing:
            total = sum(row[worker] for worker in growing)
            wanted = self.rows[stratum] - sum(row.values()) + total
            if wanted <= total:
                return
            full = {worker for worker in growing if row[worker] * wanted >= limits[worker] * total}
            for worker in full:
                row[worker] = limits[worker]
            if not full:
                for worker in growing:
                    row[worker] = row[worker] * wanted // total
                return
            growing -= full

    def fill(self, stratum: str) -> int:
        """Bring a row to its total, moving what other rows have where necessary; returns how much cannot be filled."""
        missing = self.rows[stratum] - sum(self.table[stratum].values())
        while missing:
            path = self._path_to_room(stratum)
            if path is None:
                break
            # Along the path a row gains in a column in which the next row loses, and so on to a column with room.
            gaining = list(zip(path[::2], path[1::2], strict=True))
            losing = list(zip(path[2::2], path[1::2], strict=False))
            parts = min(
                missing,
                self._room(path[-1]),
                *(self.limits[row][worker] - self.table[row][worker] for row, worker in gaining),
                *(self.table[row][worker] for row, worker in losing),
            )
            for row, worker in gaining:
                self.table[row][worker] += parts
            for row, worker in losing:
                self.table[row][worker] -= parts
            missing -= parts
        return missing

    def _room(self, worker: str) -> int:
        if worker == NO_WORKER:
            return sum(self.rows.values())
        return self.column - sum(self.table[stratum][worker] for stratum in self.strata_of[worker])

    def _path_to_room(self, start: str) -> list[str] | None:
        """The shortest path, row and column in turn, from this row to a column with room; None if there is none."""
        from_worker: dict[str, str | None] = {start: None}
        from_row: dict[str, str] = {}
        waiting = deque([start])
        while waiting:
            row = waiting.popleft()
            for worker, parts in self.table[row].items():
                if worker in from_row or parts >= self.limits[row][worker]:
                    continue
                from_row[worker] = row
                if self._room(worker) > 0:
                    return _walked_back(worker, from_row, from_worker)
                for other in self.strata_of[worker]:
                    if other not in from_worker and self.table[other][worker] > 0:
                        from_worker[other] = worker
                        waiting.append(other)
        return None


def _walked_back(worker: str, from_row: Mapping[str, str], from_worker: Mapping[str, str | None]) -> list[str]:
    path: list[str] = []
    step: str | None = worker
    while step is not None:
        row = from_row[step]
        path += [step, row]
        step = from_worker[row]
    return path[::-1]
