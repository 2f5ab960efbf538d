"""Which rows of a table are records of a child, and whether the dates of a record can be true."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from api.case_lists.readers.cells.headings import Field, plain_heading
from api.case_lists.readers.cells.values import text_of
from api.documents.reading.sheets import Cell

_TOTAL: Final = re.compile(r"((grand|sub|overall)[ -]?)?(total|count|sum|average|mean)s?\b", re.IGNORECASE)
_LIKE_AN_IDENTIFIER: Final = re.compile(r"(?=\S*[0-9])\S{1,30}")
# A child is expected within this time at most.
_LONGEST_EXPECTED: Final = timedelta(days=300)
# A table of fewer columns may have records of one value.
_FEWEST_COLUMNS: Final = 3


def why_no_record(row: Mapping[Field, Cell], cells: Sequence[Cell], headings: Sequence[str], columns: int) -> str:
    """Why a row is no record: a total, a marking, a note, headings once more; empty when it is one.

    `row` has the cells that are used, `cells` all of them, `headings` the plain headings by column.
    """
    child = text_of(row.get(Field.CHILD, ""))
    is_usual = (
        bool(child) and plain_heading(child) not in headings and sum(bool(text_of(it)) for it in row.values()) > 1
    )
    if is_usual and not _TOTAL.match(child):
        return ""
    filled = {at: text for at, cell in enumerate(cells) if (text := text_of(cell))}
    if all(at < len(headings) and plain_heading(text) == headings[at] for at, text in filled.items()):
        return "This row repeats the headings."
    first = child or next(iter(filled.values()), "")
    if _TOTAL.match(first):
        return "This row is a total."
    if len(filled) == 1 and columns >= _FEWEST_COLUMNS and not _LIKE_AN_IDENTIFIER.fullmatch(first):
        return "This row has only one value: a marking, a note or the title of a group."
    return ""


def has_one_value(cells: Sequence[Cell], columns: int) -> bool:
    """Whether a row of a table of several used columns has a single value: a count, or an identifier without a case."""
    return columns >= _FEWEST_COLUMNS and sum(bool(text_of(it)) for it in cells) == 1


@dataclass(frozen=True, slots=True)
class ImpossibleDate:
    """A date or an age that cannot be true, and why."""

    field: Field
    words: str


def impossible_date(
    days: Mapping[Field, date | None], age: int | None, *, on: date, oldest: int
) -> ImpossibleDate | None:
    """The date that contradicts another one or lies after the day of the list; None when all can be true.

    A birth within the next ten months is that of an unborn child, and a case may begin ten months before a birth.
    `age` and `oldest` are in completed years.
    """
    born, expected = days.get(Field.BORN), days.get(Field.EXPECTED)
    started, closed = days.get(Field.STARTED), days.get(Field.CLOSED)
    # How old somebody was when their case was last open.
    earliest_birth = _years_before(min(closed or on, on), oldest + 1)
    latest_birth = on + _LONGEST_EXPECTED
    correct = "Correct it in the case system."
    correct_one = "Correct one of them in the case system."
    checks = (
        (
            born is not None and born > latest_birth,
            ImpossibleDate(Field.BORN, f"The date of birth is in the future. {correct}"),
        ),
        (
            born is not None and born <= earliest_birth,
            ImpossibleDate(Field.BORN, f"This date of birth is of a person over {oldest} years old. {correct}"),
        ),
        (
            age is not None and age > oldest,
            ImpossibleDate(Field.AGE, f"The age is over {oldest} years. {correct}"),
        ),
        (
            expected is not None and expected > latest_birth,
            ImpossibleDate(Field.EXPECTED, f"The child is expected more than ten months from now. {correct}"),
        ),
        (
            started is not None and started > on,
            ImpossibleDate(
                Field.STARTED,
                "The start date is after the day of the list. Correct it, or exclude future cases from the export.",
            ),
        ),
        (
            started is not None and born is not None and started < born - _LONGEST_EXPECTED,
            ImpossibleDate(
                Field.STARTED, f"The start date is more than ten months before the date of birth. {correct_one}"
            ),
        ),
        (
            started is not None and closed is not None and closed < started,
            ImpossibleDate(Field.CLOSED, f"The end date is before the start date. {correct_one}"),
        ),
    )
    return next((found for is_wrong, found in checks if is_wrong), None)


def _years_before(day: date, years: int) -> date:
    """The same day some years before; 29 February becomes 1 March in a year without it."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 3, 1)
