"""Finding columns by their headings, ignoring case, spaces, quotation marks and brackets."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeVar
from unicodedata import normalize

from api.documents.reading.refusals import UnreadableError
from api.documents.reading.sheets import Cell, Sheet

_AT_THE_END_IN_BRACKETS: Final = re.compile(r"\s*\([^()]*\)[\s)?.:*]*$")
_NO_LETTER_OR_DIGIT: Final = re.compile(r"[\W_]+")
_LONGEST: Final = 200
Wanted = TypeVar("Wanted", bound=str)


class Field(StrEnum):
    """A field that is read from a row."""

    CHILD = "child"
    STATUS = "status"
    BORN = "born"
    EXPECTED = "expected"
    AGE = "age"
    CATEGORY = "category"
    TEAM = "team"
    WORKER = "worker"
    STARTED = "started"
    CLOSED = "closed"
    OVER = "over"
    REFERRED = "referred"
    REFERRALS = "referrals"
    RE_REFERRAL = "re-referral"
    ENQUIRIES = "section-47-enquiries"
    PLACEMENTS = "placements"
    MISSING = "times-missing"

    @property
    def label(self) -> str:
        return {
            "child": "Child's identifier",
            "status": "Status",
            "born": "Date of birth",
            "expected": "Expected date of birth",
            "age": "Age in years",
            "category": "Category",
            "team": "Team",
            "worker": "Worker",
            "started": "Start date",
            "closed": "End date",
            "over": "Nothing further is done",
            "referred": "Date of referral",
            "referrals": "Referrals in the last 12 months",
            "re-referral": "Re-referral",
            "section-47-enquiries": "Section 47 enquiries in the last 12 months",
            "placements": "Placements in the last 12 months",
            "times-missing": "Times missing in the last 12 months",
        }[self.value]


@lru_cache(maxsize=4096)
def plain_heading(heading: str) -> str:
    """The form shared by headings with the same meaning: "Age of Child  (Years)" and "age of child" are one."""
    text = normalize("NFKC", heading[:_LONGEST]).casefold().replace("'", "").replace("\u2019", "").replace("\u2018", "")
    without = _AT_THE_END_IN_BRACKETS.sub("", text)
    return _NO_LETTER_OR_DIGIT.sub(" ", without or text).strip()


@dataclass(frozen=True, slots=True)
class Headings:
    """The headings of a table, their row, and their columns."""

    row: int
    texts: tuple[str, ...]
    plain: tuple[str, ...]

    @classmethod
    def of(cls, row: int, cells: Sequence[Cell]) -> "Headings":
        texts = tuple(" ".join(str(cell).split())[:_LONGEST] for cell in cells)
        return cls(row, texts, tuple(map(plain_heading, texts)))

    def holds(self, heading: str) -> bool:
        return plain_heading(heading) in self.plain

    def columns(self, sheet: str, wanted: Mapping[Wanted, Sequence[str]]) -> dict[Wanted, int]:
        """The column of each field, from 0; the first of a field's headings that is present counts.

        Raises UnreadableError where one heading is over two columns: choosing one would be a guess.
        """
        found = {}
        for field, headings in wanted.items():
            present = next((it for it in map(plain_heading, headings) if it in self.plain), None)
            if present is not None:
                if self.plain.count(present) > 1:
                    at = self.plain.index(present)
                    raise UnreadableError(
                        f"{sheet}: the heading “{self.texts[at]}” appears above 2 columns. Remove one of the columns."
                    )
                found[field] = self.plain.index(present)
        return found


def possible_headings(sheet: Sheet) -> list[Headings]:
    """The rows at the top of a table that could hold its headings."""
    return [Headings.of(number, cells) for number, cells in sheet.first_rows()]
