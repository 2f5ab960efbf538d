"""Letters: the emails that rooms write. They contain no case data and no text that a person wrote."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from sqlmodel import Session

from api.foundation.hooks import Hook
from api.foundation.settings import Settings

if TYPE_CHECKING:
    from api.foundation.outbox.queue import Claim
    from models import About


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to be sent."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class LetterKind:
    """Which emails a room writes, and how. `write` returns None when the person no longer needs to be notified."""

    about: frozenset["About"]
    write: Callable[[Session, "Claim", Settings, date], Letter | None]


LETTERS: Final = Hook[LetterKind]("letters")
