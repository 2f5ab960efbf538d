"""Open work of a person: kinds that other rooms add, counted before the person is deactivated or loses a role.

Administrators see how much there is and in which rounds, and nothing of any case.
"""

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from api.foundation.hooks import Hook
from api.foundation.permissions import ALLOWED, Actor, Permission, check_may
from api.people.actions import find_person
from models import Role


@dataclass(frozen=True, slots=True)
class OpenWork:
    """How much of one kind waits for a person, and in which round; without a round, `where` is empty."""

    number: int
    where: str = ""


@dataclass(frozen=True, slots=True)
class OpenWorkKind:
    """A kind of work that waits for one person. `one` and `many` are the text after its number.

    `permission`: what the person needs to do it. `afterwards`: what happens when they no longer can. `find` is given
    the actor from whom blind reading may hide some of it.
    """

    key: str
    one: str
    many: str
    permission: Permission
    afterwards: str
    find: Callable[[Session, uuid.UUID, Actor], Sequence[OpenWork]]
    # Where they do it; "" where the start page shows it in a more exact way.
    path: str = ""


OPEN_WORK: Final = Hook[OpenWorkKind]("kinds of open work of a person")


@dataclass(frozen=True, slots=True)
class FoundOpenWork:
    """Open work of a person."""

    kind: OpenWorkKind
    work: OpenWork

    @property
    def words(self) -> str:
        """ "2 audits to finish"."""
        return f"{self.work.number:,} {self.kind.one if self.work.number == 1 else self.kind.many}"


def open_work_of(session: Session, *, person_id: uuid.UUID, by: Actor) -> list[FoundOpenWork]:
    """What waits for a person, by kind and round. Raises NotFound."""
    check_may(by, Permission.WRITE_PEOPLE)
    find_person(session, person_id=person_id, by=by)
    return [
        FoundOpenWork(kind, work) for kind in OPEN_WORK for work in kind.find(session, person_id, by) if work.number
    ]


def left_behind(found: Sequence[FoundOpenWork], *, roles: Collection[Role], active: bool) -> list[FoundOpenWork]:
    """The open work that a person with these roles cannot do; nobody who is not active can do any."""
    allowed = frozenset().union(*(ALLOWED[role] for role in roles)) if active else frozenset()
    return [each for each in found if each.kind.permission not in allowed]
