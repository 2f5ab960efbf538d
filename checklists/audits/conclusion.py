"""The conclusion of an audit: its parts, and what they are called."""

from enum import StrEnum
from typing import Final

# More than a hundred hours are a slip of the pen.
MOST_MINUTES: Final = 6_000


class ConclusionPart(StrEnum):
    """A part of an audit's conclusion."""

    WORKS_WELL = "works_well"
    WORRIES = "worries"
    NEEDS_TO_HAPPEN = "needs_to_happen"
    FEEDBACK = "feedback"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS: Final = {
    ConclusionPart.WORKS_WELL: "What is working well",
    ConclusionPart.WORRIES: "What we are worried about",
    ConclusionPart.NEEDS_TO_HAPPEN: "What needs to happen",
    ConclusionPart.FEEDBACK: "Feedback for the practitioner",
}
# What reports and briefings draw on. Feedback is for one practitioner, and stays with its audit.
FOR_REPORTS: Final = (ConclusionPart.WORKS_WELL, ConclusionPart.WORRIES, ConclusionPart.NEEDS_TO_HAPPEN)
# What is given to the practitioner.
FOR_PRACTITIONER: Final = (ConclusionPart.WORKS_WELL, ConclusionPart.NEEDS_TO_HAPPEN, ConclusionPart.FEEDBACK)
