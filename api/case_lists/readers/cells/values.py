"""Parsing a cell: text, an identifier, a date, an age. An ambiguous value is never decided here."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from functools import lru_cache
from typing import Final
from unicodedata import normalize

from api.documents.reading.sheets import Cell
from api.foundation.local_time import LOCAL_TIME

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
# How spreadsheets and exports keep text from becoming a number: ="00123", or an apostrophe before it.
_GUARD: Final = re.compile(r'=\s*"([^"]*)"|[\'\u2019](?=\w)([^\'\u2019]*)')
_THOUSANDS: Final = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+")
_DECIMAL: Final = re.compile(r"[0-9]+\.[0-9]+")
_SCIENTIFIC: Final = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+[0-9]+")
_LONGEST_IDENTIFIER: Final = 60
# What exports write where a child has no identifier, or it may not be shown: several children share it.
_PLACEHOLDER: Final = re.compile(
    r"\W*(?:0+|([1-9])\1{5,}|x+|n[./]?k|n[./]?a|tb[ac]|tobeconfirmed|none|(?:un|not)known.*|unborn[^0-9]*"
    r"|restricted[^0-9]*|confidential[^0-9]*|withheld|dummy|test)\W*",
    re.IGNORECASE,
)
_AGE: Final = re.compile(r"-?[0-9]{1,3}(?:\.[0-9]+)?")
_OLDEST: Final = 120

_TIME: Final = re.compile(
    r"[T ,]\s*(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{2})(?:[:.][0-9]{2}(?:[.,][0-9]{1,9})?)?"
    r"\s*(?P<half>[AaPp])?(?(half)\.?[Mm]\.?)\s*(?P<zone>Z|UTC|GMT|BST|[+-][0-9]{2}(?::?[0-9]{2})?)?$"
)
_YEAR_FIRST: Final = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_YEAR_LAST: Final = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})")
_SHORT_YEAR: Final = re.compile(r"[0-9]{1,2}[-/. ](?:[0-9]{1,2}|[A-Za-z]{3,9})[-/. ][0-9]{2}")
_NAMED_MONTH: Final = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)?[-/. ]+([A-Za-z]{3,9})[-/., ]+([0-9]{4})")
_MONTHS: Final = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october")
_MONTH_NAMES: Final = {
    name: number
    for number, whole in enumerate((*_MONTHS, "november", "december"), start=1)
    for name in (whole, whole[:3], whole[:4] if whole == "september" else whole)
}
_SERIAL: Final = re.compile(r"[0-9]{5}(?:\.[0-9]+)?")
_EARLIEST: Final = date(1901, 1, 1)
# Dates that case systems and databases write for "no date", by year, month and day.
_NO_DATES: Final = {
    *((1, 1, 1), (1753, 1, 1), (1800, 1, 1), (1899, 12, 30), (1899, 12, 31), (1900, 1, 1)),
    *((2099, 12, 31), (2999, 12, 31), (3000, 1, 1), (4712, 12, 31), (9999, 1, 1), (9999, 9, 9), (9999, 12, 31)),
}
# The words for it, for example in place of the end of an open case.
_NO_DATE_WORDS: Final = re.compile(
    r"[0:/. -]+|none|not applicable|on-?going|current|present|to date|(?:still )?open|not (?:closed|ended)",
    re.IGNORECASE,
)
_NOT_KNOWN: Final = re.compile(r"n[./]?k\.?|(?:un|not )known|tb[ac]|to be confirmed", re.IGNORECASE)
_NO_DAY: Final = "This date does not exist in the calendar."
_TOO_EARLY: Final = "The date is before 1901. Correct the year in the case system."
_UNBORN: Final = {"unborn", "not born", "not yet born", "expected"}


class UnclearValueError(Exception):
    """A cell that cannot be read. The message says why, without repeating it."""


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
            raise UnclearValueError(_NO_DAY)
        return found

    @property
    def stands_for_none(self) -> bool:
        """Whether this date stands for no date, such as 31/12/9999."""
        return not _NO_DATES.isdisjoint({(self.year, self.second, self.first), (self.year, self.first, self.second)})

    def _day_and_month(self, order: DateOrder) -> tuple[int, int]:
        return (self.first, self.second) if order is DateOrder.DAY_FIRST else (self.second, self.first)


@lru_cache(maxsize=65_536)
def _text(value: str) -> str:
    text = " ".join(_UNSEEN.sub("", value).split())
    if guarded := _GUARD.fullmatch(text):
        text = (guarded[1] or guarded[2] or "").strip()
    return "" if text.casefold() in _BLANK else text


def text_of(cell: Cell) -> str:
    """The text of a cell, on one line with single spaces; empty when the cell is empty."""
    return _text(cell) if isinstance(cell, str) else cell.isoformat()


def identifier_of(cell: Cell) -> str:
    """A child's identifier, without spaces and thousands separators.

    Raises UnclearValueError for one that a spreadsheet has damaged, and for a word or zeros in its place.
    """
    if not isinstance(cell, str):
        raise UnclearValueError("The identifier was changed to a date. Format the column as text and export again.")
    text = "".join(normalize("NFKC", text_of(cell)).split())
    if not text:
        raise UnclearValueError("The identifier is missing.")
    if _SCIENTIFIC.fullmatch(text) or _DECIMAL.fullmatch(text):
        raise UnclearValueError(
            "A spreadsheet has changed the identifier to a rounded number. Format the column as text and export again."
        )
    if _PLACEHOLDER.fullmatch(text):
        raise UnclearValueError(
            "This is a placeholder, such as “Unknown” or zeros. Several children may share it. Export the child's own "
            "identifier."
        )
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    if len(text) > _LONGEST_IDENTIFIER or not any(map(str.isalnum, text)):
        raise UnclearValueError("This is not a child's identifier.")
    if not any(map(str.isdigit, text)):
        raise UnclearValueError(
            "An identifier has at least one digit. Several children may share words such as these. Export the child's "
            "own identifier."
        )
    return text


def says_unborn(cell: Cell) -> bool:
    """Whether the cell says in words that the child is not born."""
    return isinstance(cell, str) and text_of(cell).casefold() in _UNBORN


def says_not_known(cell: Cell) -> bool:
    """Whether the cell says in words that its value is not known."""
    return isinstance(cell, str) and _NOT_KNOWN.fullmatch(text_of(cell)) is not None


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
    """The date in a cell; None when it is empty or a date that stands for none. Raises UnclearValueError.

    A time of day is ignored, unless its zone says that the day was another one in Britain.
    """
    if isinstance(cell, str):
        return _date_in(text_of(cell))
    # A workbook stores no date before 1900, and 1900 for an empty one.
    return None if cell < _EARLIEST or (cell.year, cell.month, cell.day) in _NO_DATES else cell


@lru_cache(maxsize=65_536)
def _date_in(text: str) -> date | UnorderedDate | None:
    if not text or _NO_DATE_WORDS.fullmatch(text):
        return None
    time = _TIME.search(text)
    found = _day_in(text[: time.start()].rstrip(" ,") if time else text)
    if time is None or not time["zone"] or found is None:
        return found
    if isinstance(found, UnorderedDate):
        raise UnclearValueError("The date has a time zone. Export dates without times, such as 25/03/2020.")
    return _in_britain(found, time)


def _day_in(text: str) -> date | UnorderedDate | None:
    """The day without its time."""
    if match := _YEAR_FIRST.fullmatch(text):
        written = int(match[1]), int(match[3]), int(match[4])
    elif match := _YEAR_LAST.fullmatch(text):
        unordered = UnorderedDate(int(match[1]), int(match[3]), int(match[4]))
        if unordered.stands_for_none:
            return None
        if any(map(unordered.could_be, DateOrder)):
            return unordered
        raise UnclearValueError(_NO_DAY if unordered.year >= _EARLIEST.year else _TOO_EARLY)
    elif match := _NAMED_MONTH.fullmatch(text):
        written = int(match[3]), _MONTH_NAMES.get(match[2].casefold(), 0), int(match[1])
    elif _SHORT_YEAR.fullmatch(text):
        raise UnclearValueError("The year has 2 digits. Export dates with 4-digit years.")
    elif _SERIAL.fullmatch(text):
        raise UnclearValueError("The date is a plain number. Format the column as dates and export it again.")
    else:
        raise UnclearValueError("This date cannot be read. Use a date such as 25/03/2020 or 2020-03-25.")
    if written in _NO_DATES:
        return None
    found = _date(*written)
    if found is None:
        raise UnclearValueError(_NO_DAY if written[0] >= _EARLIEST.year else _TOO_EARLY)
    return found


def _in_britain(day: date, time: re.Match[str]) -> date:
    """The day in Britain at a time with a zone: a birthday at midnight in summer is 11 pm of the day before in UTC."""
    hour, minute = int(time["hour"]) % 24, int(time["minute"]) % 60
    if time["half"]:
        hour = hour % 12 + (12 if time["half"] in "Pp" else 0)
    zone = time["zone"]
    if zone in {"Z", "UTC", "GMT"}:
        offset = timedelta()
    elif zone == "BST":
        offset = timedelta(hours=1)
    else:
        size = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:].lstrip(":") or 0))
        offset = size if zone[0] == "+" else -size
    if abs(offset) >= timedelta(days=1):
        raise UnclearValueError("There is no such time zone.")
    moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=timezone(offset))
    return moment.astimezone(LOCAL_TIME).date()


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year >= _EARLIEST.year else None
    except ValueError:
        return None
