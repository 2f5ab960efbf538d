"""Extension points of rounds: steps and parts of their page, and work on closing them.

What is unfinished in a round is a hook of `api.rounds.unfinished`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from sqlmodel import Session

from api.foundation.hooks import Hook
from api.foundation.pages.forms import TypedForm
from api.foundation.pages.menu import Fragment
from api.foundation.permissions import Actor
from api.rounds.progress import Progress
from models import Round


@dataclass(frozen=True, slots=True)
class ShownRound:
    """A round as its page shows it, and the viewer."""

    session: Session
    round: Round
    actor: Actor
    progress: Progress


@dataclass(frozen=True, slots=True)
class Step:
    """An action on a round, as a button. The first one that is due is highlighted; the others follow by `place`."""

    text: str
    path: str
    place: int
    is_due: bool = False


class Side(Enum):
    """The position of a part on the page of a round."""

    TOP = "above its progress"
    MAIN = "below its progress"
    DETAILS = "below its details, beside its progress"
    BESIDE = "below these"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the page of a round."""

    side: Side
    show: Callable[[ShownRound], Fragment | None]


@dataclass(frozen=True, slots=True)
class ClosingWork:
    """What is computed while a round is still open, and stored in the transaction that closes it.

    `prepare` writes nothing. `store` raises Moved when the prepared data is no longer valid.
    """

    prepare: Callable[[Session, Round], Any]
    store: Callable[[Session, Round, Any], None]


@dataclass(frozen=True, slots=True)
class Field:
    """A short text field, as the form of a new round shows it."""

    name: str
    label: str
    hint: str


@dataclass(frozen=True, slots=True)
class NextQuestion:
    """What the form of a new round also asks, so that the page after it begins with the answer.

    `show` gives the field; None where there is nothing to ask. `read` gives the path of that page below the round's, or
    "" without an answer; it adds what is wrong with the answer to the faults of the form.
    """

    show: Callable[[Session, Actor], Field | None]
    read: Callable[[TypedForm], str]


STEPS: Final = Hook[Callable[[ShownRound], Step | None]]("steps of a round")
PARTS: Final = Hook[Part]("parts of a round's page")
NEXT_QUESTIONS: Final = Hook[NextQuestion]("what the form of a new round also asks")
CLOSING_WORK: Final = Hook[ClosingWork]("work on closing a round")
