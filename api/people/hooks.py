"""Extension points of people: kinds of open work, and who is notified of links and roles that wait."""

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from api.foundation.hooks import WRITING, Hook
from api.foundation.permissions import Actor, Permission


@dataclass(frozen=True, slots=True)
class OpenWork:
    """How much of one kind waits for a person, and in which round; without a round, `where` is empty."""

    number: int
    where: str = ""


@dataclass(frozen=True, slots=True)
class OpenWorkKind:
    """A kind of work that waits for one person. `one` and `many` are the text after its number.

    `permission`: what the person needs to do it. `afterwards`: what happens when they no longer can. `find` gets the
    actor, because blind reading may hide some of the work from them.
    """

    key: str
    one: str
    many: str
    permission: Permission
    afterwards: str
    find: Callable[[Session, uuid.UUID, Actor], Sequence[OpenWork]]
    # Where they do it; "" where the home page shows it in a more exact way.
    path: str = ""


OPEN_WORK: Final = Hook[OpenWorkKind]("kinds of open work of a person")
# Notifies people: the request that waits, or nothing where it took effect at once; the person; who may confirm it.
AccessAsked = Callable[[Session, uuid.UUID | None, uuid.UUID, Collection[uuid.UUID], Actor], None]
ON_ACCESS_ASKED: Final = Hook[AccessAsked]("notifying of links and roles that an administrator makes", read_at=WRITING)
# Takes back what asked people to decide.
ON_ACCESS_DECIDED: Final = Hook[Callable[[Session, uuid.UUID, Actor], None]](
    "notifying that access was decided on", read_at=WRITING
)
