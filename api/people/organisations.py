"""Organisations: created by the operator on the host, never over HTTP."""

from sqlalchemy import func
from sqlmodel import Session, col, select

from api.foundation import events
from api.foundation.permissions import operator_of
from api.foundation.problems import AlreadyExists, Conflict, Fault, Invalid, NotFound
from api.foundation.text.names import check_name, tidy
from models import Organisation

LONGEST_NAME = 120


def create_organisation(session: Session, *, name: str, allow_another: bool = False) -> Organisation:
    """Create an organisation.

    A SQLite file holds one organisation, so that two councils never share a file by mistake: `allow_another` creates a
    further one. Raises Conflict for that, AlreadyExists for a name that is in use, and Invalid.
    """
    name = tidy(name)
    faults = check_name("name", name, called="the organisation", longest=LONGEST_NAME)
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))
    taken = {each.casefold() for each in session.exec(select(col(Organisation.name)))}
    if name.casefold() in taken:
        words = "An organisation with this name already exists."
        raise AlreadyExists(words, faults=(Fault("name", words),))
    if taken and not allow_another and session.get_bind().dialect.name == "sqlite":
        raise Conflict(
            "A SQLite database can hold 1 organisation. Create a separate database for the other "
            "organisation, or use PostgreSQL."
        )
    made = Organisation(name=name)
    session.add(made)
    session.flush()
    events.record(session, "organisation.made", events.THE_ORGANISATION, by=operator_of(id_of(made)))
    return made


def record_export(session: Session, *, name: str) -> int:
    """Record that the operator exports everything of the organisation with this name, or of the only one; its
    identifier. Raises what `id_by_name` raises.
    """
    own = id_by_name(session, name=name)
    events.record(session, "organisation.exported", events.THE_ORGANISATION, by=operator_of(own))
    return own


def count_organisations(session: Session) -> int:
    """How many organisations this database holds: none before the first start."""
    return session.exec(select(func.count()).select_from(Organisation)).one()


def name_of(session: Session, *, organisation_id: int) -> str:
    return session.exec(select(col(Organisation.name)).where(col(Organisation.id) == organisation_id)).one()


def id_by_name(session: Session, *, name: str) -> int:
    """The identifier of the organisation with this name, or of the only one where no name is given.

    Raises NotFound, and Conflict where a name is needed.
    """
    query = select(Organisation)
    found = session.exec(query.where(col(Organisation.name) == tidy(name)) if name else query).all()
    if len(found) > 1:
        raise Conflict("There is more than 1 organisation here. Give the name of one with --organisation.")
    if not found:
        raise NotFound("organisation")
    return id_of(found[0])


def id_of(organisation: Organisation) -> int:
    """The identifier of a stored organisation. Raises ValueError for one that is not stored."""
    if organisation.id is None:
        raise ValueError("the organisation has not been stored")
    return organisation.id
