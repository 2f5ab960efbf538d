"""The size of the measurements, and the table of figures: each with its aim and the limit of the same run."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from benchmarks.aims import AIMS, Aim, aim_of


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    audits_posted: int
    submissions: int
    closed_rounds: int
    audits_of_open: int
    audits_of_busy: int
    cases_listed: int
    sampled: int
    allocated: int
    actions: int
    rounds_with_actions: int


@dataclass(frozen=True, slots=True)
class Line:
    """A figure, the limit that was measured beside it, and its aim."""

    row: str
    figure: str
    limit: str
    aim: Aim | None
    is_met: bool

    @property
    def verdict(self) -> str:
        return "" if self.aim is None else "met" if self.is_met else "MISSED"


@dataclass(slots=True)
class Figures:
    """Figures of one database, in the order in which they were measured."""

    database: str
    chosen: Collection[str] = ()
    lines: list[Line] = field(default_factory=list)

    def wants(self, *rows: str) -> bool:
        """Whether any of these rows is to be measured: every row, unless some were chosen by a part of their name."""
        return not self.chosen or any(part.lower() in row.lower() for part in self.chosen for row in rows)

    def judge(self, row: str, figure: float, *, limit: str = "") -> None:
        """Note a figure, and whether it meets its aim on this database."""
        aim = aim_of(row, self.database)
        unit = f" {aim.unit}" if aim is not None and aim.unit else ""
        places = 0 if abs(figure) >= 100 else 1 if abs(figure) >= 10 else 2
        self._add(Line(row, f"{figure:,.{places}f}{unit}", limit, aim, aim is None or aim.is_met(figure)))

    @contextmanager
    def attempt(self, *rows: str) -> Iterator[None]:
        """Measure within this. A measurement that fails has missed the aims of these rows that were not judged yet; the
        others go on.
        """
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever it is, it is said, and counts as a miss
            why = f"{type(error).__name__}: {error}".splitlines()[0][:200]
            judged = {line.row for line in self.lines}
            named = [
                aim for aim in AIMS if self.database in aim.on and aim.row.startswith(rows) and self.wants(aim.row)
            ]
            for aim in named:
                if aim.row not in judged:
                    self._add(Line(aim.row, f"failed: {why}", "", aim, is_met=False))

    def note(self, row: str, figure: str) -> None:
        """Note a figure that has no aim."""
        self._add(Line(row, figure, "", None, is_met=True))

    @property
    def missed(self) -> list[Line]:
        return [line for line in self.lines if not line.is_met]

    def show(self, console: Console) -> None:
        table = Table(title=self.database, title_justify="left")
        for name in ("What", "Measured", "Limit in this run", "Aim", ""):
            table.add_column(name)
        for line in self.lines:
            table.add_row(line.row, line.figure, line.limit, line.aim.words if line.aim else "", line.verdict)
        console.print(table)

    def _add(self, line: Line) -> None:
        self.lines.append(line)
        beside = [f"limit: {line.limit}"] if line.limit else []
        beside += [f"aim: {line.aim.words}, {line.verdict}"] if line.aim else []
        said = f"  ({'; '.join(beside)})" if beside else ""
        print(f"  {self.database}: {line.row}: {line.figure}{said}", flush=True)
