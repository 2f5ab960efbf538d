"""The columns of a template's workbook: what each holds, and how a cell becomes an entry of a template and back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final

from api.documents.reading.sheets import Cell, Formula

YES, NO = "Yes", "No"
YES_NO: Final[Mapping[str, Any]] = {YES: True, NO: False}
# The first days that Excel counts are wrong: a date before this is written as text.
FIRST_DAY: Final = date(1900, 3, 1)


class Holds(StrEnum):
    """What the cells of a column hold."""

    TEXT = "text"
    NUMBER = "number"
    DAY = "day"
    # Keys, separated by commas.
    KEYS = "keys"
    # One of `Column.choices`.
    CHOICE = "choice"


class BadCellError(Exception):
    """A cell that cannot be an entry, with how to correct it; its value is not repeated."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column, or one row of the sheet of the whole template.

    `entry`: the name in a template file; `choices`: the entry by what the drop-down offers; `among`: the sheet and
    heading whose cells the drop-down offers.
    """

    entry: str
    heading: str
    note: str = ""
    holds: Holds = Holds.TEXT
    choices: Mapping[str, Any] = field(default_factory=dict)
    among: tuple[str, str] | None = None
    is_needed: bool = False
    # An empty cell is an empty text, and not the text that a template has without this entry.
    keeps_empty: bool = False
    width: int = 24

    def entry_of(self, cell: Cell) -> Any:
        """The entry that a cell holds; None for an empty one. Raises BadCellError."""
        if isinstance(cell, Formula):
            raise BadCellError("This cell has a formula. Enter its value instead.")
        if isinstance(cell, date):
            if self.holds is Holds.DAY:
                return cell.isoformat()
            raise BadCellError("This cell holds a date. Format the cell as text, then enter the value again.")
        text = cell.strip()
        if not text:
            if self.is_needed:
                raise BadCellError(f"Enter “{self.heading}”.")
            return "" if self.keeps_empty else None
        match self.holds:
            case Holds.NUMBER:
                return _number(text)
            case Holds.KEYS:
                return [key.strip() for key in text.replace(";", ",").replace("\n", ",").split(",") if key.strip()]
            case Holds.CHOICE:
                return self._choice(text)
            case _:
                return text

    def _choice(self, text: str) -> Any:
        for label, entry in self.choices.items():
            if text.casefold() in {label.casefold(), str(entry).casefold()}:
                return entry
        if self.choices is YES_NO and text in {"1", "0"}:
            return text == "1"
        raise BadCellError(f"Select one of: {', '.join(self.choices)}.")

    def cell_of(self, entry: Any) -> str | int | date:
        """What the cell shows of an entry; "" for None."""
        if entry is None:
            return ""
        match self.holds:
            case Holds.NUMBER:
                return int(entry)
            case Holds.KEYS:
                return ", ".join(entry)
            case Holds.CHOICE:
                return next(label for label, value in self.choices.items() if value == entry)
            case Holds.DAY:
                day = date.fromisoformat(entry)
                return day if day >= FIRST_DAY else str(entry)
            case _:
                return str(entry)


def _number(text: str) -> int:
    whole = text.removesuffix(".0")
    if not (whole.isascii() and whole.isdecimal() and len(whole) <= 9):
        raise BadCellError("Enter a whole number.")
    return int(whole)
