"""A section of an audit's pages: something that is asked beside the themes."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BlankLine:
    """What a blank checklist asks: the question, and its choices; without choices, a line to write on."""

    called: str
    choices: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A section that is asked beside the themes. `rows`: a label and the words of each entry.

    `path`: where its auditor fills it in; `status` and `hint`: how the list of the audit's themes tells of it.
    """

    key: str
    title: str
    rows: Sequence[tuple[str, str]]
    blank: Sequence[BlankLine]
    path: str
    status: str
    hint: str
    is_needed: bool = False
    is_begun: bool = False

    @property
    def colour(self) -> str:
        """Only what submission still needs is highlighted."""
        return "blue" if self.is_needed else ""
