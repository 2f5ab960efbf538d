"""Random rounding of a table of expected counts to whole ones: totals stay, and no cell is favoured."""

from collections.abc import Callable, Mapping

Table = Mapping[str, Mapping[str, int]]


def round_randomly(table: Table, unit: int, below: Callable[[int], int]) -> dict[str, dict[str, int]]:
    """Each cell rounded up or down at random, such that its expectation is its value.

    The cells, rows of columns, count parts of which `unit` make one. Every row adds up to a whole number, and keeps it;
    a column's total is rounded up or down. `below` gives fair numbers from 0 to its argument less 1. The method is that
    of L. H. Cox, "A constructive procedure for unbiased controlled rounding", JASA 82 (1987), 520-524: along a ring of
    cells with fractions, alternating between rows and columns, parts are moved from every second cell to those between
    until a fraction is gone, in one direction or the other with probabilities that preserve each expectation.
    ValueError for a row that does not add up to a whole number, or for a negative cell.
    """
    rings = _Rings(table, unit)
    for node in range(len(rings.beside)):
        rings.close_all_from(node, below)
    return rings.rounded(table)


class _Rings:
    """The cells that still have fractions, as edges between a row and a column.

    Rows and columns are numbered in order of their names, rows first. After the rows comes one extra row, which makes
    every column whole; it is left out of the answer.
    """

    def __init__(self, table: Table, unit: int) -> None:
        self.unit = unit
        self.rows = sorted(table)
        self.columns = sorted({column for row in table.values() for column in row})
        self.fractions: dict[tuple[int, int], int] = {}
        self.beside: list[dict[int, None]] = [{} for _ in range(len(self.rows) + 1 + len(self.columns))]
        self._up: set[tuple[int, int]] = set()
        self._fill(table)

    def _fill(self, table: Table) -> None:
        places = {column: len(self.rows) + 1 + place for place, column in enumerate(self.columns)}
        missing = dict.fromkeys(places.values(), 0)
        for row, name in enumerate(self.rows):
            cells = table[name]
            if sum(cells.values()) % self.unit:
                raise ValueError("a row does not add up to a whole number")
            for column in sorted(cells):
                if cells[column] < 0:
                    raise ValueError("a cell is negative")
                missing[places[column]] -= cells[column]
                self._join(row, places[column], cells[column] % self.unit)
        for place, parts in missing.items():
            self._join(len(self.rows), place, parts % self.unit)

    def _join(self, row: int, column: int, fraction: int) -> None:
        if fraction:
            self.fractions[row, column] = fraction
            self.beside[row][column] = self.beside[column][row] = None

    def close_all_from(self, start: int, below: Callable[[int], int]) -> None:
        """Walk from cell to cell, always to the first neighbour, and settle each ring that the walk closes.

        Totals are whole, so no row or column is left with one fraction alone: a walk always ends where it began.
        """
        path, places = [start], {start: 0}
        while self.beside[path[-1]]:
            came_from = path[-2] if len(path) > 1 else None
            onward = next(node for node in self.beside[path[-1]] if node != came_from)
            if onward in places:
                first = places[onward]
                self._settle(path[first:], below)
                for node in path[first + 1 :]:
                    del places[node]
                del path[first + 1 :]
            else:
                places[onward] = len(path)
                path.append(onward)

    def _settle(self, ring: list[int], below: Callable[[int], int]) -> None:
        cells = [(min(pair), max(pair)) for pair in zip(ring, [*ring[1:], ring[0]], strict=True)]
        gaining, losing = cells[::2], cells[1::2]
        on = min(*(self.unit - self.fractions[cell] for cell in gaining), *(self.fractions[cell] for cell in losing))
        back = min(*(self.fractions[cell] for cell in gaining), *(self.unit - self.fractions[cell] for cell in losing))
        parts = on if below(on + back) < back else -back
        for cell in gaining:
            self._move(cell, parts)
        for cell in losing:
            self._move(cell, -parts)

    def _move(self, cell: tuple[int, int], parts: int) -> None:
        self.fractions[cell] += parts
        if self.fractions[cell] in {0, self.unit}:
            row, column = cell
            del self.beside[row][column], self.beside[column][row]
            if self.fractions.pop(cell):
                self._up.add(cell)

    def rounded(self, table: Table) -> dict[str, dict[str, int]]:
        places = {column: len(self.rows) + 1 + place for place, column in enumerate(self.columns)}
        return {
            name: {
                column: parts // self.unit + ((row, places[column]) in self._up)
                for column, parts in table[name].items()
            }
            for row, name in enumerate(self.rows)
        }
