"""What a cell of the small case list may contain: fixed values, months, and as free text only a team's name."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Final

from api.case_lists.readers.result import Format
from api.documents.writers.printable import plain_cell
from checklists.case_counts import MOST
from checklists.characteristics import decode_groups, encode_groups
from checklists.privacy.identifiers import find_identifiers
from checklists.privacy.pseudonyms import CHILD_PREFIX, WORKER_PREFIX
from checklists.privacy.references import check_reference, team_name_fault

LONGEST_TEAM: Final = 80
_MONTH: Final = re.compile(r"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])")
_DAY: Final = re.compile(r"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}")
_KEY: Final = re.compile(r"[0-9a-f]{8}")
_REFERENCE: Final = re.compile(rf"{CHILD_PREFIX}(?:-[A-Z][0-9][A-Z]{{2}}){{4}}")
_WORKER: Final = re.compile(rf"{WORKER_PREFIX}(?:-[A-Z][0-9][A-Z]{{2}}){{4}}")
_DATE_OR_NUMBER: Final = re.compile(r"[0-9]{5}|[0-9]{1,4}[/.\-][0-9]{1,2}[/.\-][0-9]{1,4}")


class UnfitError(Exception):
    """A value is not allowed in its cell. The message says why, and does not repeat it."""


def reference(text: str) -> str:
    if _REFERENCE.fullmatch(text) is None:
        # Otherwise a case system's own number would pass as a reference.
        made = "This was not created by caseaudit pseudonymise. Create the list with that command."
        raise UnfitError(check_reference(text) or made)
    return text


def formerly(text: str) -> str:
    return reference(text) if text else ""


@lru_cache(maxsize=4096)
def worker(text: str) -> str:
    if text and _WORKER.fullmatch(text) is None:
        raise UnfitError("This is not a practitioner's pseudonym. Do not enter a name or anything else.")
    return text


@lru_cache(maxsize=4096)
def team(text: str) -> str:
    fault = team_fault(text)
    if fault is not None:
        raise UnfitError(fault)
    return text


def team_fault(name: str) -> str | None:
    """Why this cannot be the name of a team in a list, in words that do not repeat it; None for one that can."""
    if not name.strip():
        return "Enter the team that works on the case."
    if len(name) > LONGEST_TEAM or not name.isprintable():
        return f"Team name must be 1 line of {LONGEST_TEAM} characters or fewer."
    if plain_cell(name.lstrip()) != name.lstrip():
        return "This looks like a formula. The team name, and any text after a semicolon, must start with a letter."
    if holds_a_number_of_a_person(name):
        return "This looks like a date, or a person's number or address. Enter the name of a team."
    return team_name_fault(name)


def holds_a_number_of_a_person(name: str) -> bool:
    """Whether a name of a team, sheet or column contains an identifier, a date or a long number."""
    return _DATE_OR_NUMBER.search(name) is not None or bool(find_identifiers(name))


def key_of(known: Mapping[str, str]) -> Callable[[str], str]:
    """A reader of cells that must hold the key of one of these words."""

    def read(text: str) -> str:
        if text not in known:
            raise UnfitError(f"The value must be one of: {', '.join(known)}.")
        return text

    return read


def key_or_nothing(known: Mapping[str, str]) -> Callable[[str], str | None]:
    """A reader of cells that hold the key of one of these words, or are empty."""
    read = key_of(known)
    return lambda text: read(text) if text else None


def source(text: str) -> str:
    if text not in set(Format):
        raise UnfitError(f"The value must be one of: {', '.join(Format)}.")
    return text


@lru_cache(maxsize=4096)
def month(text: str) -> date | None:
    """The first day of a month written as YYYY-MM; None for an empty text."""
    if not text:
        return None
    if _MONTH.fullmatch(text) is None:
        raise UnfitError("Enter the month as year and month only, such as 2026-03.")
    return date(int(text[:4]), int(text[5:]), 1)


_ANSWERS: Final = {"yes": True, "no": False, "": None}


def yes_no(text: str) -> bool | None:
    """An answer; None for an empty text."""
    if text not in _ANSWERS:
        raise UnfitError("The value must be yes or no, or empty when it is not known.")
    return _ANSWERS[text]


def yes_no_of(answer: bool | None) -> str:
    return "" if answer is None else "yes" if answer else "no"


_COUNTS: Final = {str(number): number for number in range(MOST + 1)}


def count(text: str) -> int | None:
    """A whole number up to MOST; None for an empty text."""
    if text and text not in _COUNTS:
        raise UnfitError(f"Enter a whole number from 0 to {MOST}. For more than {MOST}, enter {MOST}.")
    return _COUNTS.get(text)


@lru_cache(maxsize=4096)
def characteristics(text: str) -> str:
    """The groups that a case is in, as `encode_groups` writes them."""
    try:
        return encode_groups(decode_groups(text))
    except ValueError:
        raise UnfitError("Write the groups of a case as caseaudit pseudonymise does, such as sex=girl.") from None


def month_of(first: date | None) -> str:
    return "" if first is None else f"{first:%Y-%m}"


@lru_cache(maxsize=64)
def day(text: str) -> date:
    try:
        # Python would also read "20261101" and dates by week number.
        return date.fromisoformat(text if _DAY.fullmatch(text) else "")
    except ValueError:
        raise UnfitError("Enter the date of the list as year, month and day, such as 2026-11-01.") from None


def key_id(text: str) -> str:
    if _KEY.fullmatch(text) is None:
        raise UnfitError("Key id must be 8 characters: numbers 0 to 9 and lower case letters a to f.")
    return text
