"""Naming the key-holder of the organisation."""

import uuid
from dataclasses import dataclass
from typing import Final

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Fault, Invalid, Stale
from api.foundation.text.names import check_label, check_name, tidy
from api.people.key_holder.queries import ShownKeyHolder, key_holder_of
from models import KeyHolder, Person
from models.storage.database import rows_changed

LONGEST_POST: Final = 80
LONGEST_CONTACT: Final = 120


@dataclass(frozen=True, slots=True)
class NewKeyHolder:
    """A person with an account, or a post with a contact; the other part is empty."""

    person_id: uuid.UUID | None = None
    post: str = ""
    contact: str = ""


def name_key_holder(session: Session, *, key_holder: NewKeyHolder, version: int, by: Actor) -> ShownKeyHolder:
    """Name the key-holder in place of the present one. `version`: of the one that was shown, 0 when there was none.

    Raises Invalid with each fault, and Stale when somebody else has named one since.
    """
    check_may(by, Permission.WRITE_KEY_HOLDER)
    post, contact = tidy(key_holder.post), tidy(key_holder.contact)
    faults = _faults_of(session, NewKeyHolder(key_holder.person_id, post, contact), by)
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))
    own = {"organisation_id": by.organisation_id}
    values = {"person_id": key_holder.person_id, "post": post, "contact": contact, "version": version + 1}
    if version == 0:
        try:
            with session.begin_nested():
                session.execute(insert(KeyHolder), [{**own, **values}])
        except IntegrityError:
            raise Stale from None
    else:
        which = (col(KeyHolder.organisation_id) == by.organisation_id, col(KeyHolder.version) == version)
        if not rows_changed(session, update(KeyHolder).where(*which).values(**values)):
            raise Stale
    events.record(session, "key-holder.named", key_holder.person_id or events.THE_ORGANISATION, by=by)
    return key_holder_of(session, by.organisation_id)


def _faults_of(session: Session, wanted: NewKeyHolder, by: Actor) -> list[Fault]:
    if wanted.person_id is None:
        faults = check_label("post", wanted.post, called="the key-holder", longest=LONGEST_POST, word="post")
        if not wanted.contact:
            return [*faults, Fault("contact", "Enter an email address or a telephone number.")]
        return [
            *faults,
            *check_name("contact", wanted.contact, called="the key-holder", longest=LONGEST_CONTACT, word="contact"),
        ]
    if wanted.post or wanted.contact:
        return [Fault("post", "Select a person or enter a post, not both.")]
    person = session.get(Person, (by.organisation_id, wanted.person_id))
    if person is None or not person.active:
        return [Fault("person_id", "Select a person who has access to the service.")]
    return []
