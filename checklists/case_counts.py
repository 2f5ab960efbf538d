"""How often something happened to the child of a case, as a case list says it: small whole numbers."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

MOST: Final = 10
"""A list never says more than this, which then means so many or more: a large number could identify a child."""


class CaseCount(StrEnum):
    """What a case list may count for a case. The first two include the latest one."""

    REFERRALS = "referrals"
    SECTION_47_ENQUIRIES = "section-47-enquiries"
    PLACEMENTS = "placements"
    TIMES_MISSING = "times-missing"

    @property
    def label(self) -> str:
        return {
            "referrals": "Referrals in 12 months",
            "section-47-enquiries": "Section 47 enquiries in 12 months",
            "placements": "Placements in 12 months",
            "times-missing": "Times missing in 12 months",
        }[self.value]


def counts_line(counts: Mapping[CaseCount, int] | Iterable[tuple[CaseCount, int]]) -> str:
    """Counts as they are stored: in the order of CaseCount, with a space between two; those above MOST are MOST.

    ValueError for a number below 0.
    """
    known = dict(counts)
    if any(number < 0 for number in known.values()):
        raise ValueError("a count below 0")
    return " ".join(f"{count}:{min(known[count], MOST)}" for count in CaseCount if count in known)


def counts_of(line: str) -> dict[CaseCount, int]:
    """The counts of a stored line. ValueError for what `counts_line` does not write."""
    pairs = (each.split(":") for each in line.split())
    counts = {CaseCount(name): int(number) for name, number in pairs}
    if counts_line(counts) != line:
        raise ValueError("not a line of counts")
    return counts
