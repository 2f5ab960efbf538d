"""Texts in which ‹what a guard must find› is marked, and nothing else may be found."""

from collections.abc import Iterable
from typing import Protocol


class Place(Protocol):
    """A finding: `text[start:end]`."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


def plain(text: str) -> str:
    """The text without its marks."""
    return text.replace("‹", "").replace("›", "")


def with_marks(text: str, found: Iterable[Place]) -> str:
    """The text with marks around what was found."""
    for each in sorted(found, key=lambda place: place.start, reverse=True):
        text = f"{text[: each.start]}‹{text[each.start : each.end]}›{text[each.end :]}"
    return text
