"""Choices of a form: closed lists of words."""

from collections.abc import Sequence
from typing import Protocol

Choice = dict[str, str]


class Labelled(Protocol):
    """A word of a closed list, with what people read for it."""

    @property
    def value(self) -> str: ...
    @property
    def label(self) -> str: ...


def choices_of(words: Sequence[Labelled]) -> list[Choice]:
    """A closed list of words as choices of a form."""
    return [{"value": word.value, "text": word.label} for word in words]
