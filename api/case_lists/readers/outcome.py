"""What may leave the process that has read an export: the case list, and notes about it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api.case_lists.pseudonyms.list_cells import holds_a_number_of_a_person
from api.case_lists.readers.result import ExportContent, Format, Place, Question, RefusedRow, SheetRead
from checklists.case_list import CaseList
from checklists.cases import CHILDRENS_WORDS, CaseWords

MOST_REFUSED: Final = 200
_MOST_SHEETS: Final = 100
_MOST_HEADINGS: Final = 100
_LONGEST: Final = 80
_NOT_SHOWN: Final = "(not shown)"


@dataclass(frozen=True, slots=True)
class Outcome:
    """An export without its identifiers. The case list is None while questions are open, and when no case was found.

    `refused` are rows that were left out, `remarks` notes and cells left blank; each has its first 200, and
    `refused_in_all` counts the rows left out.
    """

    format: Format
    sheets: Sequence[SheetRead]
    questions: Sequence[Question]
    refused: Sequence[RefusedRow]
    refused_in_all: int
    remarks: Sequence[RefusedRow]
    by_status: Mapping[str, int]
    case_list: CaseList | None = None

    @property
    def rows(self) -> int:
        return sum(sheet.rows for sheet in self.sheets)


def to_message(
    reading: ExportContent, withheld: Mapping[str, str], words: CaseWords = CHILDRENS_WORDS
) -> dict[str, Any]:
    """A reading as plain values: no cell of it, and no name of a sheet or column that holds a number."""
    counts = Counter(str(case.status) for case in reading.cases)
    return {
        "format": reading.format.value,
        "sheets": [
            {
                "name": _shown(it.name),
                "rows": it.rows,
                "columns": {ours: _shown(theirs) for ours, theirs in it.columns.items()},
                "left_aside": [_shown(each) for each in it.left_aside[:_MOST_HEADINGS]],
                "not_read": it.not_read,
            }
            for it in reading.sheets[:_MOST_SHEETS]
        ],
        "questions": [{"key": it.key, "words": it.words, "options": dict(it.options)} for it in reading.questions],
        "refused": [_refused(it) for it in reading.refused[:MOST_REFUSED]],
        "refused_in_all": len(reading.refused),
        "remarks": [_refused(it) for it in _remarks(reading, withheld)[:MOST_REFUSED]],
        "by_status": {status: counts[status] for status in [*words.statuses, *counts] if counts[status]},
    }


def from_message(said: Mapping[str, Any], case_list: CaseList | None) -> Outcome:
    """The outcome from a message. Raises KeyError, TypeError or ValueError for anything else."""
    return Outcome(
        format=Format(said["format"]),
        sheets=tuple(SheetRead(**it) for it in said["sheets"]),
        questions=tuple(Question(**it) for it in said["questions"]),
        refused=tuple(_refused_from(it) for it in said["refused"]),
        refused_in_all=int(said["refused_in_all"]),
        remarks=tuple(_refused_from(it) for it in said["remarks"]),
        by_status={str(status): int(number) for status, number in said["by_status"].items()},
        case_list=case_list,
    )


def _remarks(reading: ExportContent, withheld: Mapping[str, str]) -> list[RefusedRow]:
    """The reader's own remarks, then for each rejected team name the first place where it is used."""
    first: dict[str, Place] = {}
    for case in reading.cases:
        if case.team in withheld:
            first.setdefault(case.team, case.place)
    return [
        *reading.remarks,
        *(
            RefusedRow(place, "Team", f"Left blank here and wherever the same value appears. {withheld[team]}")
            for team, place in first.items()
        ),
    ]


def _refused(it: RefusedRow) -> dict[str, Any]:
    return {"sheet": _shown(it.place.sheet), "row": it.place.row, "column": _shown(it.column), "words": it.words}


def _refused_from(said: Mapping[str, Any]) -> RefusedRow:
    return RefusedRow(Place(str(said["sheet"]), int(said["row"])), str(said["column"]), str(said["words"]))


def _shown(name: str) -> str:
    """A name of a sheet or a column, if it may be shown. Where headings are missing, it may be a child's data."""
    if holds_a_number_of_a_person(name):
        return _NOT_SHOWN
    return "".join(each if each.isprintable() else " " for each in name[:_LONGEST])
