"""The size of the measurements, and the table of figures: what, how much, and the target."""

from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    audits_posted: int
    closed_rounds: int
    audits_of_open: int


@dataclass(slots=True)
class Figures:
    """Figures of one database, in the order in which they were measured."""

    database: str
    lines: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, what: str, measured: str, aim: str = "") -> None:
        self.lines.append((what, measured, aim))
        print(f"  {self.database}: {what}: {measured}{f'  (aim: {aim})' if aim else ''}", flush=True)

    def show(self, console: Console) -> None:
        table = Table(title=self.database, title_justify="left")
        for name in ("What", "Measured", "Aim"):
            table.add_column(name)
        for line in self.lines:
            table.add_row(*line)
        console.print(table)
