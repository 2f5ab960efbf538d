"""What people may change about themselves. Only an administrator changes their address and roles."""

from sqlalchemy import update
from sqlmodel import Session, col, select

from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Invalid, NotFound, Stale
from models import Person, ScoringLayout
from models.storage.database import rows_changed

LONGEST_NAME = 80


def own_person(session: Session, *, by: Actor) -> Person:
    """The actor's own record. Raises NotFound for a program that acts for nobody."""
    found = session.exec(
        select(Person).where(col(Person.organisation_id) == by.organisation_id, col(Person.id) == by.person_id)
    ).one_or_none()
    if found is None:
        raise NotFound("account")
    return found


def change_account(
    session: Session, *, name: str, scoring_layout: ScoringLayout | None, notice_mail: bool, version: int, by: Actor
) -> Person:
    """Change one's own name or form layout, and whether to get emails about notices. Raises Invalid, or Stale.

    Without a layout, it follows from the number of themes of each template.
    """
    check_may(by, Permission.OWN_ACCOUNT)
    name = " ".join(name.split())
    if not name:
        raise Invalid.at("name", "Enter your name.")
    if len(name) > LONGEST_NAME:
        raise Invalid.at("name", f"Name must be {LONGEST_NAME} characters or fewer.")
    if not name.isprintable():
        raise Invalid.at("name", "Name contains a character that cannot be shown. Enter your name again.")
    person = own_person(session, by=by)
    changed = rows_changed(
        session,
        update(Person)
        .where(
            col(Person.organisation_id) == by.organisation_id,
            col(Person.id) == by.person_id,
            col(Person.version) == version,
        )
        .values(
            name=name,
            scoring_layout=scoring_layout or ScoringLayout.THEME,
            chose_layout=scoring_layout is not None,
            notice_mail=notice_mail,
            version=version + 1,
        ),
    )
    if not changed:
        raise Stale
    session.refresh(person)
    events.record(session, "person.account-changed", person.id, by=by)
    return person


def choose_notice_mail(session: Session, *, wanted: bool, by: Actor) -> Person:
    """Choose whether to get emails about one's notices, without another change of the account."""
    check_may(by, Permission.OWN_ACCOUNT)
    person = own_person(session, by=by)
    if person.notice_mail is not wanted:
        person.notice_mail = wanted
        person.version += 1
        session.add(person)
        session.flush()
        events.record(session, "person.account-changed", person.id, by=by)
    return person
