"""What came of reading an export of a case system. Holds identifiers: it lives in memory, and nowhere else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from checklists.cases import CaseStatus, Category


class Format(StrEnum):
    """The kinds of export that can be read."""

    ANNEX_A = "annex-a"
    CIN_CENSUS = "cin-census"
    SSDA903 = "ssda903"
    STANDARD_SAFEGUARDING_DATASET = "standard-safeguarding-dataset"
    TABLE = "table"

    @property
    def label(self) -> str:
        return {
            "annex-a": "Ofsted Annex A workbook",
            "cin-census": "Children in need census",
            "ssda903": "SSDA903 return of looked-after children",
            "standard-safeguarding-dataset": "Standard Safeguarding Dataset",
            "table": "Table with columns of your own",
        }[self.value]


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the export something stands: a sheet, file or element, and its row counted from 1 as people see it."""

    sheet: str
    row: int = 0


@dataclass(frozen=True, slots=True, repr=False)
class SourceCase:
    """One child as the export tells it: identifiers and all. Without a `repr`, so that none is ever logged."""

    child: str
    status: CaseStatus
    place: Place
    born: date | None = None
    # Completed years on the day of the list, where the export gives no birth date.
    age: int | None = None
    # The export says that the child is expected and not born.
    unborn: bool = False
    category: Category | None = None
    team: str = ""
    worker: str = ""
    started: date | None = None
    closed: date | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """Something that only people can say. `key` names it in the choices that are remembered.

    `words` and `options` never hold what tells a child apart: a question quotes a code, a heading or a date's order.
    """

    key: str
    words: str
    # What may be answered, each with what it means, in order.
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was left out, and why; the words never repeat what the row holds."""

    place: Place
    column: str
    words: str


@dataclass(frozen=True, slots=True)
class SheetRead:
    """A sheet, file or part of the export: what its headings were taken for."""

    name: str
    rows: int
    # What we call it: the heading as it stands in the export.
    columns: Mapping[str, str]
    # Headings that nothing was taken from.
    left_aside: Sequence[str] = ()
    # Why nothing at all was taken from it, such as a list of adopters; empty when something was.
    not_read: str = ""


@dataclass(frozen=True, slots=True)
class ExportContent:
    """An export as it was understood. With questions open, the cases they concern are not among `cases`."""

    format: Format
    sheets: Sequence[SheetRead]
    cases: Sequence[SourceCase] = field(repr=False)
    questions: Sequence[Question] = ()
    refused: Sequence[RefusedRow] = ()


class UnreadableError(Exception):
    """The export as a whole is refused. Its words say why and how to mend it, and repeat nothing of what it holds."""
