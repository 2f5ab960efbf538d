"""Letters: the e-mails that rooms write. They hold nothing of any case, and no word that anybody wrote."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlmodel import Session

from api.foundation.hooks import Hook
from api.foundation.outbox.queue import Claim
from api.foundation.settings import Settings
from models import About


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it goes out."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class LetterKind:
    """Who writes the letters about what. `write` gives None when the person need not be told any more."""

    about: frozenset[About]
    write: Callable[[Session, Claim, Settings, date], Letter | None]


LETTERS: Final = Hook[LetterKind]("letters")
