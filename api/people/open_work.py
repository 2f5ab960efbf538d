"""Open work of a person: kinds that other rooms add, counted before the person is deactivated or loses a role.

Administrators see how much there is and in which rounds, but nothing about any case.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from api.foundation.permissions import ALLOWED, Actor, Permission, check_may
from api.people.actions import find_person
from api.people.hooks import OPEN_WORK, OpenWork, OpenWorkKind
from models import Role


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
