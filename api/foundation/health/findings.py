"""What one look found: whether it is as it should be, and what to do where it is not."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a thing is."""

    GOOD = "good"
    LOOK = "look"
    WRONG = "wrong"

    @property
    def label(self) -> str:
        return {"good": "OK", "look": "CHECK", "wrong": "WRONG"}[self.value]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `to_do`: what to do; empty where nothing is to be done."""

    about: str
    state: State
    said: str
    to_do: str = ""


def good(about: str, said: str) -> Finding:
    """It is as it should be."""
    return Finding(about, State.GOOD, said)


def look(about: str, said: str, to_do: str) -> Finding:
    """The service runs, and somebody should look at it."""
    return Finding(about, State.LOOK, said, to_do)


def wrong(about: str, said: str, to_do: str) -> Finding:
    """The service cannot run so, or cannot be relied on."""
    return Finding(about, State.WRONG, said, to_do)


def is_fit(found: Iterable[Finding]) -> bool:
    """Whether nothing is wrong."""
    return all(each.state is not State.WRONG for each in found)
