"""The result of reading an export. It holds identifiers, and so is kept in memory only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


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
            "table": "Table with your own columns",
        }[self.value]


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the export: a sheet, file or element, and its row counted from 1 as people see it."""

    sheet: str
    row: int = 0


@dataclass(frozen=True, slots=True, repr=False)
class SourceCase:
    """One child from the export, identifiers included. Without a `repr`, so that none is ever logged."""

    child: str
    status: str
    place: Place
    born: date | None = None
    # Completed years on the day of the list, where the export gives no birth date.
    age: int | None = None
    # The export says that the child is not born yet.
    unborn: bool = False
    category: str | None = None
    team: str = ""
    worker: str = ""
    started: date | None = None
    closed: date | None = None
    # Whether the latest referral was a re-referral; None where the export does not show it.
    re_referral: bool | None = None
    # A line of `checklists.case_counts`.
    counts: str = ""
    # The groups of the organisation's characteristics, as `checklists.characteristics` writes them.
    characteristics: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question that only people can answer. `key` names it in the choices that are remembered.

    `words` and `options` never identify a child: a question quotes a code, a heading or the order of a date.
    """

    key: str
    words: str
    # The possible answers, each with its meaning, in order.
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was left out, or a note about one; the message never repeats the row's content."""

    place: Place
    column: str
    words: str


@dataclass(frozen=True, slots=True)
class SheetRead:
    """A sheet, file or part of the export, and how its headings were interpreted."""

    name: str
    rows: int
    # Our name of the field: the heading in the export.
    columns: Mapping[str, str]
    # Headings that were not used.
    left_aside: Sequence[str] = ()
    # Why nothing at all was read from it, for example a list of adopters; empty when something was.
    not_read: str = ""


@dataclass(frozen=True, slots=True)
class ExportContent:
    """An export as it was understood. Cases with open questions are not among `cases`."""

    format: Format
    sheets: Sequence[SheetRead]
    cases: Sequence[SourceCase] = field(repr=False)
    questions: Sequence[Question] = ()
    refused: Sequence[RefusedRow] = ()
    # What a person should know of rows, columns and sheets, though nothing was left out for it.
    remarks: Sequence[RefusedRow] = ()
