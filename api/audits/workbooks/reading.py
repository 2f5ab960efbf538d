"""The sheets of an uploaded workbook: of each its signature, and what was typed in its cells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from api.audits.workbooks.content import ANSWER, COLUMNS
from api.audits.workbooks.writing import LISTS, READ_ME
from api.documents.reading.refusals import UnreadableError
from api.documents.reading.sandbox import ReadSheet, read_workbook
from api.documents.reading.sheets import Cell, Formula
from api.foundation.problems import Fault, Invalid

_IGNORED: Final = frozenset({READ_ME, LISTS})
_FIRST_FILLED: Final = 3
_MONTH_DIGITS: Final = 7
# As many rows as the largest template has themes and questions, and the rest.
MOST_ROWS: Final = 500
# The letters of the columns that people fill in.
_LETTERS: Final = "DEFGHI"
# The field of the page at which every fault of a workbook is shown.
FILE: Final = "/file"
MOST_FAULTS: Final = 50
_DATE: Final = "This cell holds a date. Format the cell as text, then enter the value again."
_ROW_TOO_MANY: Final = (
    "This row was not in the sheet that you downloaded. Move what you wrote to another row, then delete this one."
)
_NO_SHEETS: Final = "This workbook has no sheet of an audit. Download your audits first."

Text = Annotated[str, Field(max_length=32_767)]


class TypedSheet(BaseModel):
    """What a person typed into the sheet of an audit: by the key of the row and the column.

    `token`: the signature. `rows`: the number of each row in the sheet.
    """

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=80)]
    token: Annotated[str, Field(max_length=20_000)]
    cells: Annotated[dict[str, dict[str, Text]], Field(max_length=MOST_ROWS)]
    rows: Annotated[dict[str, StrictInt], Field(max_length=MOST_ROWS)] = {}

    def place(self, row: str, column: str) -> str:
        """The cell of a row and column, such as "D7"; "" for one that the sheet does not have."""
        number = self.rows.get(row)
        return "" if number is None or column not in COLUMNS else f"{_LETTERS[COLUMNS.index(column)]}{number}"

    def fault(self, row: str, column: str, words: str) -> str:
        """What is wrong with a cell, after its sheet and place."""
        place = self.place(row, column)
        return f"Sheet “{self.name}”{f', cell {place}' if place else ''}: {words}"


@dataclass(slots=True)
class TypedWorkbook:
    """The sheets of audits, and what is wrong with cells whatever they are about."""

    sheets: list[TypedSheet] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def refuse_workbook(faults: Sequence[Fault]) -> None:
    """Raise Invalid if a workbook has any faults: with all of them, or with the first of many."""
    if not faults:
        return
    detail = faults[0].detail if len(faults) == 1 else f"There are {len(faults):,} errors in this workbook."
    if len(faults) > MOST_FAULTS:
        detail += f" The first {MOST_FAULTS} are listed."
    raise Invalid(detail, faults=tuple(faults[:MOST_FAULTS]))


def sheets_in(content: bytes) -> list[TypedSheet]:
    """What was typed into an uploaded workbook, which is read in a process of its own. Raises Invalid."""
    try:
        found = typed_sheets(read_workbook(content))
    except UnreadableError as refused:
        raise Invalid.at(FILE, str(refused)) from None
    refuse_workbook([Fault(FILE, each) for each in found.faults])
    if not found.sheets:
        raise Invalid.at(FILE, _NO_SHEETS)
    return found.sheets


def typed_sheets(found: Sequence[ReadSheet]) -> TypedWorkbook:
    """What was typed into the sheets of a workbook."""
    made = TypedWorkbook()
    for sheet in found:
        if sheet.name in _IGNORED or not sheet.rows:
            continue
        number, first = sheet.rows[0]
        token = str(first[0]) if number == 1 and first else ""
        typed = TypedSheet.model_construct(name=sheet.name, token=token, cells={}, rows={})
        for row, cells in sheet.rows[1:]:
            key = str(cells[0]) if cells else ""
            if key == "Row" or not (key or any(cells[_FIRST_FILLED:])):
                continue
            if not key or key in typed.rows or len(typed.rows) >= MOST_ROWS:
                made.faults.append(f"Sheet “{sheet.name}”, row {row}: {_ROW_TOO_MANY}")
                continue
            typed.rows[key] = row
            typed.cells[key] = _typed(typed, key, cells, made)
        made.sheets.append(typed)
    return made


def _typed(sheet: TypedSheet, key: str, cells: Sequence[Cell], made: TypedWorkbook) -> dict[str, str]:
    typed = {}
    for column, cell in zip(COLUMNS, cells[_FIRST_FILLED:], strict=False):
        if isinstance(cell, Formula):
            made.faults.append(sheet.fault(key, column, "This cell has a formula. Enter its value instead."))
        elif isinstance(cell, date):
            # Only the answer to a question about a month may be a day: a spreadsheet makes one of "3/2026".
            if column == ANSWER:
                typed[column] = cell.isoformat()[:_MONTH_DIGITS]
            else:
                made.faults.append(sheet.fault(key, column, _DATE))
        elif text := cell.replace("\r\n", "\n").replace("\r", "\n").rstrip():
            typed[column] = text
    return typed


def as_plain(sheets: Sequence[TypedSheet]) -> list[Mapping[str, object]]:
    """The sheets as a page carries them."""
    return [sheet.model_dump() for sheet in sheets]
