"""Parsing a cell: text, an identifier, a date, an age. An ambiguous value is never decided here."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Final
from unicodedata import normalize

from api.case_lists.readers.files.sheets import Cell

# The content of an empty cell; "#N/A" and the like come from look-ups that found nothing.
_BLANK: Final = {
    "",
    "#n/a",
    "#null!",
    "#ref!",
    "#value!",
    "#name?",
    "#num!",
    "#div/0!",
    "n/a",
    "null",
    "nan",
    "(blank)",
    "-",
}
_UNSEEN: Final = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_DECIMAL: Final = re.compile(r"[0-9]+\.[0-9]+")
_SCIENTIFIC: Final = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+[0-9]+")
_LONGEST_IDENTIFIER: Final = 60
_AGE: Final = re.compile(r"-?[0-9]{1,3}(?:\.[0-9]+)?")
_OLDEST: Final = 120

_TIME: Final = r"(?:[T ][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+-]00:?00)?)?"
_YEAR_FIRST: Final = re.compile(rf"([0-9]{{4}})([-/.])([0-9]{{1,2}})\2([0-9]{{1,2}}){_TIME}")
_YEAR_LAST: Final = re.compile(rf"([0-9]{{1,2}})([-/.])([0-9]{{1,2}})\2([0-9]{{4}}){_TIME}")
_SHORT_YEAR: Final = re.compile(rf"[0-9]{{1,2}}[-/. ](?:[0-9]{{1,2}}|[A-Za-z]{{3,9}})[-/. ][0-9]{{2}}{_TIME}")
_NAMED_MONTH: Final = re.compile(rf"([0-9]{{1,2}})(?:st|nd|rd|th)?[-/. ]+([A-Za-z]{{3,9}})[-/., ]+([0-9]{{4}}){_TIME}")
_MONTHS: Final = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october")
_MONTH_NAMES: Final = {
    name: number
    for number, whole in enumerate((*_MONTHS, "november", "december"), start=1)
    for name in (whole, whole[:3], whole[:4] if whole == "september" else whole)
}
_SERIAL: Final = re.compile(r"[0-9]{5}(?:\.[0-9]+)?")
_EARLIEST: Final = date(1900, 1, 1)
_UNBORN: Final = {"unborn", "not born", "not yet born", "expected"}


class UnclearValueError(Exception):
    """A cell that cannot be read. The message says why, and repeats nothing of it."""


class DateOrder(StrEnum):
    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


@dataclass(frozen=True, slots=True)
class UnorderedDate:
    """Two numbers and a year, such as 03/04/2020: the column or a person decides which number is the day."""

    first: int
    second: int
    year: int

    def could_be(self, order: DateOrder) -> bool:
        day, month = self._day_and_month(order)
        return _date(self.year, month, day) is not None

    def in_order(self, order: DateOrder) -> date:
        """Raises UnclearValueError where the calendar has no such day."""
        day, month = self._day_and_month(order)
        found = _date(self.year, month, day)
        if found is None:
            raise UnclearValueError("This date does not exist in the calendar.")
        return found

    def _day_and_month(self, order: DateOrder) -> tuple[int, int]:
        return (self.first, self.second) if order is DateOrder.DAY_FIRST else (self.second, self.first)


@lru_cache(maxsize=65_536)
def _text(value: str) -> str:
    text = " ".join(_UNSEEN.sub("", value).split())
    return "" if text.casefold() in _BLANK else text


def text_of(cell: Cell) -> str:
    """The text of a cell, on one line with single spaces; empty when the cell is empty."""
    return _text(cell) if isinstance(cell, str) else cell.isoformat()


def identifier_of(cell: Cell) -> str:
    """A child's identifier, without spaces. Raises UnclearValueError for one that a spreadsheet has damaged."""
    if not isinstance(cell, str):
        raise UnclearValueError("The identifier was changed to a date. Format the column as text and export again.")
    text = "".join(normalize("NFKC", text_of(cell)).split())
    if not text:
        raise UnclearValueError("The identifier is missing.")
    if _SCIENTIFIC.fullmatch(text) or _DECIMAL.fullmatch(text):
        raise UnclearValueError(
            "A spreadsheet has changed the identifier to a rounded number. Format the column as text and export again."
        )
    if len(text) > _LONGEST_IDENTIFIER or not any(map(str.isalnum, text)):
        raise UnclearValueError("This is not a child's identifier.")
    return text


def says_unborn(cell: Cell) -> bool:
    """Whether the cell says in words that the child is not born."""
    return isinstance(cell, str) and text_of(cell).casefold() in _UNBORN


def age_of(cell: Cell) -> int | None:
    """Completed years, below 0 for an unborn child; None when the cell is empty. Raises UnclearValueError."""
    if not isinstance(cell, str):
        raise UnclearValueError("The age was changed to a date. Format the column as a number and export again.")
    text = text_of(cell)
    if not text:
        return None
    if not _AGE.fullmatch(text) or float(text) > _OLDEST:
        raise UnclearValueError("The age must be a number of years.")
    years = float(text)
    return -1 if years < 0 else int(years)


def date_of(cell: Cell) -> date | UnorderedDate | None:
    """The date in a cell; None when it is empty. Raises UnclearValueError."""
    if isinstance(cell, str):
        return _date_in(text_of(cell))
    if cell < _EARLIEST:
        raise UnclearValueError("The date is before 1900.")
    return cell


@lru_cache(maxsize=65_536)
def _date_in(text: str) -> date | UnorderedDate | None:
    if not text:
        return None
    if match := _YEAR_FIRST.fullmatch(text):
        found = _date(int(match[1]), int(match[3]), int(match[4]))
    elif match := _YEAR_LAST.fullmatch(text):
        unordered = UnorderedDate(int(match[1]), int(match[3]), int(match[4]))
        if unordered.year >= _EARLIEST.year and any(map(unordered.could_be, DateOrder)):
            return unordered
        found = None
    elif match := _NAMED_MONTH.fullmatch(text):
        found = _date(int(match[3]), _MONTH_NAMES.get(match[2].casefold(), 0), int(match[1]))
    elif _SHORT_YEAR.fullmatch(text):
        raise UnclearValueError("The year has 2 digits. Export dates with 4-digit years.")
    elif _SERIAL.fullmatch(text):
        raise UnclearValueError("The date is stored as a number. Format the column as dates and export again.")
    else:
        raise UnclearValueError("This date cannot be read. Use a date such as 25/03/2020 or 2020-03-25.")
    if found is None:
        raise UnclearValueError("This date does not exist in the calendar.")
    return found


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year >= _EARLIEST.year else None
    except ValueError:
        return None
