"""Who the key-holder is, for every page from which somebody needs to find a file."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from models import KeyHolder, Person


@dataclass(frozen=True, slots=True)
class ShownKeyHolder:
    """The key-holder, or nobody yet: version 0 and no name.

    `name` is that of a person or a post. `is_gone`: the person no longer has access.
    """

    name: str = ""
    contact: str = ""
    person_id: uuid.UUID | None = None
    is_gone: bool = False
    version: int = 0

    @property
    def words(self) -> str:
        """Whom to ask, for one line: "Performance team, 01632 960001"; an empty text for nobody."""
        return ", ".join(filter(None, (self.name, self.contact)))


def key_holder_of(session: Session, organisation_id: int) -> ShownKeyHolder:
    """The organisation's key-holder."""
    found = session.get(KeyHolder, organisation_id, populate_existing=True)
    if found is None:
        return ShownKeyHolder()
    if found.person_id is None:
        return ShownKeyHolder(found.post, found.contact, version=found.version)
    person = session.get_one(Person, (organisation_id, found.person_id))
    return ShownKeyHolder(person.name, person.email, person.id, not person.active, found.version)


def active_people(session: Session, organisation_id: int) -> Sequence[Person]:
    """The people who have access, by name."""
    own = (col(Person.organisation_id) == organisation_id, col(Person.active))
    return session.exec(select(Person).where(*own).order_by(col(Person.name), col(Person.id))).all()
