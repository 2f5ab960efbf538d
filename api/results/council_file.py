"""Results under the council's own child identifiers, as a file: CSV for a case system, or a workbook."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from api.documents.writers.csv import CsvLines
from api.documents.writers.printable import not_markup, printable
from api.results.fetching import FetchedAction, FetchedResult

COLUMNS: Final = (
    *("Child identifier", "Reference", "Round", "Audit status", "Overall judgement", "Judgement agreed"),
    *("Submitted on", "Agreed on", "Signed off on", "Action", "Action status", "Action due on"),
)
WORKBOOK: Final = ".xlsx"
KINDS: Final = (".csv", WORKBOOK)
_WIDTHS: Final = (20, 26, 26, 16, 24, 16, 14, 14, 14, 60, 16, 14)

Line = tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Rekeyed:
    """The lines of a file, and the results that have none. Without a `repr`: it holds identifiers.

    `unmatched`: by reference, why no child of the export stands behind it.
    """

    lines: Sequence[Line]
    results: int
    unmatched: Mapping[str, str]


def rekey(results: Iterable[FetchedResult], children: Mapping[str, str], keys: Iterable[str]) -> Rekeyed:
    """One line for each action of a case, and one for a case without any.

    `children`: the identifiers of the children by reference; `keys`: the ids of the keys that the council has.
    """
    held = frozenset(keys)
    lines: list[Line] = []
    unmatched: dict[str, str] = {}
    matched = 0
    for result in results:
        child = children.get(result.reference)
        if child is None:
            unmatched[result.reference] = _why_not(result, held)
            continue
        matched += 1
        lines += _lines_of(child, result)
    return Rekeyed(lines, matched, unmatched)


def _why_not(result: FetchedResult, keys: frozenset[str]) -> str:
    if not result.key_id:
        return "entered manually in the service, not from an export"
    if result.key_id not in keys:
        return f"made with key {result.key_id}, which is not in this key file"
    return "not in this export"


def _lines_of(child: str, result: FetchedResult) -> Iterator[Line]:
    agreed = ("yes" if result.is_agreed else "no") if result.overall else ""
    days = (_day(result.submitted_on), _day(result.agreed_on), _day(result.signed_on))
    whole = (child, result.reference, result.round_title, result.state.label, result.overall, agreed, *days)
    if not result.actions:
        yield (*whole, "", "", "")
    for action in result.actions:
        yield (*whole, *_cells_of(action))


def _cells_of(action: FetchedAction) -> Line:
    return action.words, action.state.label, action.due_on.isoformat()


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def write_results(lines: Iterable[Line], *, kind: str) -> bytes:
    """The content of a file of one of the KINDS. No text in it becomes a formula."""
    return _workbook(lines) if kind == WORKBOOK else _csv(lines)


def _csv(lines: Iterable[Line]) -> bytes:
    out = io.StringIO(newline="")
    writer = CsvLines(out)
    writer.write(COLUMNS)
    for line in lines:
        writer.write(line)
    return out.getvalue().encode("utf-8-sig")


def _workbook(lines: Iterable[Line]) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(out, plain) as book:
        sheet = book.add_worksheet("Results")
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        sheet.freeze_panes(1, 1)
        for column, (heading, width) in enumerate(zip(COLUMNS, _WIDTHS, strict=True)):
            sheet.set_column(column, column, width, wrapped)
            sheet.write_string(0, column, heading, bold)
        for row, line in enumerate(lines, start=1):
            for column, text in enumerate(line):
                sheet.write_string(row, column, not_markup(printable(text)), wrapped)
    return out.getvalue()
