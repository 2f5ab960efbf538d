"""Extension points of rounds: steps and parts of their page, work on closing them, and kinds of unfinished work."""

import uuid
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from sqlmodel import Session

from api.foundation.hooks import WRITING, Hook
from api.foundation.pages.menu import Fragment
from api.foundation.permissions import Actor

if TYPE_CHECKING:
    from api.foundation.pages.forms import TypedForm
    from api.rounds.progress import Progress
    from models import Round


@dataclass(frozen=True, slots=True)
class ShownRound:
    """A round as its page shows it, and the viewer."""

    session: Session
    round: "Round"
    actor: Actor
    progress: "Progress"


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

    prepare: Callable[[Session, "Round"], Any]
    store: Callable[[Session, "Round", Any], None]


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
    read: Callable[["TypedForm"], str]


@dataclass(frozen=True, slots=True)
class UnfinishedItem:
    """One piece of unfinished work: its name, and the page on which it is finished."""

    text: str
    path: str


@dataclass(frozen=True, slots=True)
class Unfinished:
    """How much of one kind is unfinished, and the first of it by name."""

    number: int
    items: tuple[UnfinishedItem, ...] = ()


# The unfinished work of a round, at most so much of it by name: as this person may know it under blind reading; all
# of it without a person.
FindUnfinished = Callable[[Session, "Round", uuid.UUID | None, int], Unfinished]


@dataclass(frozen=True, slots=True)
class Candidates:
    """The audits that may be unfinished work of one kind, by their versions, and what else decides whether they are."""

    basis: Hashable
    versions: Mapping[uuid.UUID, int]
    # Whether an audit that is no longer one of them changes what is decided of the others.
    depend_on_each_other: bool = False

    def to_decide(self, before: "Candidates | None") -> list[uuid.UUID]:
        """The ones that were not decided with `before`, or that have changed since."""
        if before is None or before.basis != self.basis:
            return list(self.versions)
        if self.depend_on_each_other and before.versions.keys() - self.versions.keys():
            return list(self.versions)
        return [audit_id for audit_id, version in self.versions.items() if before.versions.get(audit_id) != version]


@dataclass(frozen=True, slots=True)
class OneByOne:
    """How a kind is counted that is decided audit by audit: which to look at, and which of these are unfinished."""

    candidates: Callable[[Session, "Round"], Candidates]
    unfinished: Callable[[Session, "Round", Collection[uuid.UUID]], Collection[uuid.UUID]]


@dataclass(frozen=True, slots=True)
class UnfinishedKind:
    """A kind of unfinished work. `one` and `many` are the text after its number: "audit not submitted".

    With a `refusal` a round is not closed while there is any; otherwise closing needs a reason. `one_by_one` is for a
    kind that is slow to count.
    """

    key: str
    one: str
    many: str
    place: int
    find: FindUnfinished
    refusal: str = ""
    one_by_one: OneByOne | None = None

    def words(self, number: int) -> str:
        """ "1 audit not submitted"; "3 audits not submitted"."""
        return f"{number:,} {self.one if number == 1 else self.many}"


STEPS: Final = Hook[Callable[[ShownRound], Step | None]]("steps of a round")
PARTS: Final = Hook[Part]("parts of a round's page")
NEXT_QUESTIONS: Final = Hook[NextQuestion]("what the form of a new round also asks")
CLOSING_WORK: Final = Hook[ClosingWork]("work on closing a round", read_at=WRITING)
UNFINISHED: Final = Hook[UnfinishedKind]("kinds of unfinished work of a round")
