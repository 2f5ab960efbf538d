"""The aims of the service on two cores: one table, by which every run is judged."""

from dataclasses import dataclass
from typing import Final

SQLITE: Final = "SQLite"
POSTGRESQL: Final = "PostgreSQL"
TWO_WORKERS: Final = "PostgreSQL, two workers"
WITHOUT_DATABASE: Final = "Without a database"
BOTH: Final = (SQLITE, POSTGRESQL)


@dataclass(frozen=True, slots=True)
class Aim:
    """A figure that is measured, and the most or the least that it may be on these databases."""

    row: str
    unit: str
    most: float | None = None
    least: float | None = None
    on: tuple[str, ...] = BOTH

    def is_met(self, figure: float) -> bool:
        return (self.most is None or figure <= self.most) and (self.least is None or figure >= self.least)

    @property
    def words(self) -> str:
        sign, limit = ("<=", self.most) if self.most is not None else (">=", self.least)
        return f"{sign} {limit:g} {self.unit}".rstrip()


AIMS: Final = (
    Aim("start, process start to first answer", "s", most=1.5),
    Aim("memory, idle", "MB", most=90),
    Aim("memory, after writing", "MB", most=100),
    Aim("memory, after everything", "MB", most=130),
    Aim("complete audit, processor time", "ms", most=5),
    Aim("complete audits, 16 clients", "a second", least=200, on=(SQLITE,)),
    Aim("complete audits, 16 clients", "a second", least=300, on=(TWO_WORKERS,)),
    Aim("16 clients to 4", "", least=1, on=(SQLITE, POSTGRESQL, TWO_WORKERS)),
    Aim("1,000 complete audits in one call", "ms", most=900),
    Aim("form page of a theme", "ms", most=12),
    Aim("saved score by form, auditor with 10 audits, processor time", "ms", most=8),
    Aim("saved score by form, auditor with 4,000 audits, processor time", "ms", most=8),
    Aim("saved score by REST, auditor with 10 audits, processor time", "ms", most=8),
    Aim("saved score by REST, auditor with 4,000 audits, processor time", "ms", most=8),
    Aim("gap report of an open round, after a change", "ms", most=20),
    Aim("report page with one heat map", "ms", most=60),
    Aim("report with every breakdown, JSON", "ms", most=100),
    Aim("report, PDF", "ms", most=500),
    Aim("report, DOCX", "ms", most=500),
    Aim("report, XLSX", "ms", most=300),
    Aim("report, CSV", "ms", most=120),
    Aim("submission with webhooks, 95th of a hundred to that without", "", most=1.1),
    Aim("throughput lost to a report every 50 ms", "%", most=20),
    Aim("snapshot of an open round", "ms", most=1000),
    Aim("snapshot of an open round, from its page", "ms", most=1000),
    Aim("gap report in the million, open round", "ms", most=50),
    Aim("gap report in the million, closed round", "ms", most=50),
    Aim("  the million to a thousandth", "", most=1.5),
    Aim("page to code, 2,000 passages", "ms", most=100),
    Aim("passages with words, 2,000 passages", "ms", most=100),
    Aim("counts of codes, 2,000 passages", "ms", most=100),
    Aim("worklist of practice actions", "ms", most=50),
    Aim("worklist of child-level actions", "ms", most=50),
    Aim("worklist of overdue actions", "ms", most=50),
    Aim("worklist of an owner", "ms", most=50),
    Aim("what changed, page", "ms", most=50),
    Aim("what changed, JSON", "ms", most=50),
    Aim("slowest of all addresses, round of 4,000 audits", "ms", most=100),
    Aim("refused of 60 requests at once, each of the 5 slowest addresses", "", most=0),
    Aim("import of cases, growth", "", most=1.2),
    Aim("sample, growth", "", most=1.2),
    Aim("allocation, growth", "", most=1.2),
    Aim("first view of a theme page, slow laptop", "ms", most=1500),
    Aim("first view of My audits, slow laptop", "ms", most=1500),
    Aim("first view of a report, slow laptop", "ms", most=1500),
    Aim("theme page over the wire after the first", "kB", most=60),
    Aim("My audits over the wire after the first", "kB", most=60),
    Aim("report over the wire after the first", "kB", most=60),
    Aim("sign of saving", "ms", most=100),
    Aim("layout shift", "", most=0),
    Aim("coding and counting them, in all and by 2 breakdowns, as for a page", "ms", most=500, on=(WITHOUT_DATABASE,)),
    Aim("list file of 100,000 cases, to reading it as CSV", "", most=15, on=(WITHOUT_DATABASE,)),
    Aim("agreement of 200 cases read twice", "ms", most=500, on=(WITHOUT_DATABASE,)),
)


def aim_of(row: str, database: str) -> Aim | None:
    """The aim of this row on this database; None if it has none."""
    return next((aim for aim in AIMS if aim.row == row and database in aim.on), None)
