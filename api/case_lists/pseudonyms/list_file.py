"""The small case list as a file: all that leaves the council, and all that the service imports."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from api.case_lists.pseudonyms import list_cells
from api.case_lists.pseudonyms.list_cells import UnfitError, month_of, yes_no_of
from api.documents.writers.csv import CsvLines
from checklists.case_counts import CaseCount, counts_line, counts_of
from checklists.case_list import CaseList, ListedCase
from checklists.cases import CHILDRENS_WORDS, CLOSED, NOT_KNOWN, CaseWords

LARGEST_BYTES: Final = 32 * 2**20
MOST_FAULTS: Final = 50
_COUNTS: Final[Mapping[str, CaseCount]] = {count.label.lower(): count for count in CaseCount}
COLUMNS: Final = (
    *("reference", "team", "status", "age band", "category", "worker"),
    *("started", "closed", "re-referral", *_COUNTS, "characteristics", "formerly", "list date", "key", "source"),
)
# Files of earlier versions of the command do not have them.
_MAY_BE_MISSING: Final = frozenset({"re-referral", *_COUNTS, "characteristics"})
_SPOILT: Final = "A spreadsheet may have changed the file. Use the original file."

# The columns that have the same value on every line, and how they are read.
_OF_LIST: Final[Mapping[str, Callable[[str], object]]] = {
    "list date": list_cells.day,
    "key": list_cells.key_id,
    "source": list_cells.source,
}

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class ListFault:
    """One fault to correct: `line` counts from 1 with the headings, `column` is a heading, empty for a whole line."""

    line: int
    column: str
    words: str


class ListFileError(Exception):
    """A refused case list: its first fifty faults, and how many more there are. Repeats nothing of its content."""

    def __init__(self, faults: Sequence[ListFault], more: int = 0) -> None:
        self.faults: Final = tuple(faults)
        self.more: Final = more
        super().__init__("; ".join(f"line {it.line}, {it.column or 'whole'}: {it.words}" for it in self.faults[:3]))


def write_case_list(case_list: CaseList) -> bytes:
    """The list as a CSV file in UTF-8: months as YYYY-MM, and the list's day, key and source on every line."""
    buffer = io.StringIO(newline="")
    lines = CsvLines(buffer, line_end="\n")
    lines.write(COLUMNS)
    of_list = (case_list.on.isoformat(), case_list.key_id, case_list.source)
    for case in case_list.cases:
        counts = counts_of(case.counts)
        lines.write(
            (
                *(case.reference, case.team, case.status, case.age_band),
                *(case.category or "", case.worker),
                *(month_of(case.started), month_of(case.closed), yes_no_of(case.re_referral)),
                *(str(counts.get(count, "")) for count in _COUNTS.values()),
                *(case.characteristics, case.formerly),
                *of_list,
            )
        )
    return buffer.getvalue().encode()


def looks_like_case_list(content: bytes) -> bool:
    """Whether the first line has most of a case list's headings: it is one, or was meant to be."""
    first = content[:2_000].removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0].decode("utf-8", "replace")
    headings = {each.strip().strip('"').casefold() for each in first.split(",")}
    return len(headings & set(COLUMNS)) > len(COLUMNS) // 2


def read_case_list(content: bytes, words: CaseWords = CHILDRENS_WORDS) -> CaseList:
    """Read what `write_case_list` wrote, in any column order. `words`: what its cases may have.

    Raises ListFileError, and never reads part of a list.
    """
    if len(content) > LARGEST_BYTES:
        raise _unusable(f"The file is larger than {LARGEST_BYTES // 2**20} MB, the limit for a case list. {_SPOILT}")
    rows = csv.reader(io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline=""), strict=True)
    try:
        lines = _Lines(next(rows, []), words)
        for cells in rows:
            if cells:
                lines.add(rows.line_num, cells)
    except UnicodeDecodeError:
        raise _unusable(f"The file is not UTF-8 text. {_SPOILT}") from None
    except csv.Error:
        raise _unusable(f"The file is not well-formed CSV. {_SPOILT}") from None
    return lines.case_list()


def _unusable(words: str) -> ListFileError:
    return ListFileError([ListFault(1, "", words)])


class _Lines:
    """The lines of a list, one after the other, and their faults."""

    def __init__(self, headings: Sequence[str], words: CaseWords) -> None:
        self._status = list_cells.key_of(words.statuses)
        self._age_band = list_cells.key_of(words.age_bands)
        self._category = list_cells.key_or_nothing(words.categories)
        for place, heading in enumerate(headings, start=1):
            if heading not in COLUMNS:
                raise _unusable(
                    f"Column {place} is not a case list column. Remove the column. The columns are "
                    f"{', '.join(COLUMNS)}."
                )
        missing = [name for name in COLUMNS if name not in headings and name not in _MAY_BE_MISSING]
        if missing:
            raise _unusable(f"The file has no column {missing[0]}. {_SPOILT}")
        if len(headings) > len(set(headings)):
            raise _unusable("A column appears twice. Remove one of the two columns.")
        self._at = {name: headings.index(name) for name in headings}
        self._cases: list[ListedCase] = []
        self._seen: set[str] = set()
        self._of_list: Mapping[str, str] = {}
        self._faults: list[ListFault] = []
        self._more = 0

    def add(self, line: int, cells: Sequence[str]) -> None:
        if len(cells) != len(self._at):
            self._add_fault(line, "", f"This line does not have {len(self._at)} cells. {_SPOILT}")
            return

        def take(column: str, read: Callable[[str], Value], instead: Value) -> Value:
            try:
                return read(cells[self._at[column]] if column in self._at else "")
            except UnfitError as unfit:
                self._add_fault(line, column, str(unfit))
                return instead

        counts = {count: take(column, list_cells.count, None) for column, count in _COUNTS.items()}
        case = ListedCase(
            reference=take("reference", list_cells.reference, ""),
            team=take("team", list_cells.team, ""),
            status=take("status", self._status, CLOSED),
            age_band=take("age band", self._age_band, NOT_KNOWN),
            category=take("category", self._category, None),
            worker=take("worker", list_cells.worker, ""),
            started=take("started", list_cells.month, None),
            closed=take("closed", list_cells.month, None),
            formerly=take("formerly", list_cells.formerly, ""),
            re_referral=take("re-referral", list_cells.yes_no, None),
            counts=counts_line({count: number for count, number in counts.items() if number is not None}),
            characteristics=take("characteristics", list_cells.characteristics, ""),
        )
        self._cases.append(case)
        self._check_once(line, case)
        self._check_list(line, {name: cells[self._at[name]] for name in _OF_LIST})

    def _check_once(self, line: int, case: ListedCase) -> None:
        for column, reference in (("reference", case.reference), ("formerly", case.formerly)):
            if reference in self._seen:
                self._add_fault(line, column, "Another line has this reference. Keep 1 line for each case.")
            elif reference:
                self._seen.add(reference)

    def _check_list(self, line: int, of_list: Mapping[str, str]) -> None:
        """Day, key and source are checked once, and must be the same on every line."""
        if not self._of_list:
            self._of_list = of_list
            for column, read in _OF_LIST.items():
                try:
                    read(of_list[column])
                except UnfitError as unfit:
                    self._add_fault(line, column, str(unfit))
        elif of_list != self._of_list:
            column = next(name for name in _OF_LIST if of_list[name] != self._of_list[name])
            self._add_fault(line, column, "This value differs from earlier lines. Send each list separately.")

    def _add_fault(self, line: int, column: str, words: str) -> None:
        if len(self._faults) < MOST_FAULTS:
            self._faults.append(ListFault(line, column, words))
        else:
            self._more += 1

    def case_list(self) -> CaseList:
        if self._faults:
            raise ListFileError(self._faults, self._more)
        if not self._cases:
            raise _unusable("There are no cases in the file.")
        on, key_id, source = (self._of_list[name] for name in _OF_LIST)
        return CaseList(list_cells.day(on), key_id, source, tuple(self._cases))
