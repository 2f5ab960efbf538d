"""What one check found: whether all is well, and what to do if it is not."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """The result of a check."""

    GOOD = "good"
    LOOK = "look"
    WRONG = "wrong"

    @property
    def label(self) -> str:
        return {"good": "OK", "look": "CHECK", "wrong": "WRONG"}[self.value]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked. `to_do`: what to do; empty when there is nothing to do."""

    about: str
    state: State
    said: str
    to_do: str = ""


def good(about: str, said: str) -> Finding:
    """A finding that all is well."""
    return Finding(about, State.GOOD, said)


def look(about: str, said: str, to_do: str) -> Finding:
    """A finding that somebody should look at, though the service runs."""
    return Finding(about, State.LOOK, said, to_do)


def wrong(about: str, said: str, to_do: str) -> Finding:
    """A finding that stops the service, or makes it unreliable."""
    return Finding(about, State.WRONG, said, to_do)


def is_fit(found: Iterable[Finding]) -> bool:
    """Whether nothing is wrong."""
    return all(each.state is not State.WRONG for each in found)
