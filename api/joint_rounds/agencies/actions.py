"""Agencies: added, renamed and retired by administrators, who also say which people belong to them."""

import uuid
from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import delete
from sqlmodel import Session, col, select

from api.access.people import can_still
from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Fault, Invalid, NotFound, check_version
from api.foundation.text.free_text import raise_if_any
from api.foundation.text.names import check_label, tidy
from models import Agency, AgencyMember, Person, new_id, now

LONGEST_NAME: Final = 80
MOST_AGENCIES: Final = 40


def add_agency(session: Session, *, name: str, by: Actor) -> Agency:
    """Add an agency without people. Raises Invalid, NotAllowed."""
    check_may(by, Permission.WRITE_AGENCIES)
    known = list_agencies(session, by=by)
    faults = _faults(known, name)
    if len(known) >= MOST_AGENCIES:
        faults.append(Fault("/name", f"There can be {MOST_AGENCIES} agencies at most. Rename one that is not used."))
    raise_if_any(faults)
    made = Agency(organisation_id=by.organisation_id, id=new_id(), name=tidy(name), created_at=now())
    session.add(made)
    session.flush()
    events.record(session, "agency.added", made.id, by=by)
    return made


def change_agency(
    session: Session,
    *,
    agency_id: uuid.UUID,
    name: str,
    active: bool,
    members: Collection[uuid.UUID],
    version: int,
    by: Actor,
) -> Agency:
    """Rename or retire an agency, and say who belongs to it: people with the role of agency auditor.

    Somebody who belonged to another agency leaves that one. Raises Invalid, NotAllowed, NotFound, Stale.
    """
    check_may(by, Permission.WRITE_AGENCIES)
    found = find_agency(session, agency_id=agency_id, by=by, lock=True)
    check_version(found.version, version)
    raise_if_any(_faults([each for each in list_agencies(session, by=by) if each.id != agency_id], name))
    before = members_of(session, agency_id, by=by).keys()
    if not set(members) <= possible_members(session, by).keys() | before:
        raise Invalid.at("/members", "Select active people with the role of agency auditor.")
    # Who is in another agency is moved, so both sets of rows go first.
    gone = delete(AgencyMember).where(
        col(AgencyMember.organisation_id) == by.organisation_id,
        (col(AgencyMember.agency_id) == agency_id) | col(AgencyMember.person_id).in_(members),
    )
    session.execute(gone, execution_options={"synchronize_session": False})
    session.add_all(
        AgencyMember(organisation_id=by.organisation_id, person_id=person_id, agency_id=agency_id)
        for person_id in sorted(set(members))
    )
    found.name, found.active = tidy(name), active
    found.version += 1
    session.add(found)
    session.flush()
    events.record(session, "agency.changed", agency_id, by=by)
    for person_id in sorted(set(members) ^ before):
        has_joined, details = person_id in members, {"agency": str(agency_id)}
        events.record(
            session, "agency.person-joined" if has_joined else "agency.person-left", person_id, by=by, details=details
        )
    return found


def find_agency(session: Session, *, agency_id: uuid.UUID, by: Actor, lock: bool = False) -> Agency:
    """The agency. Raises NotFound."""
    own = (col(Agency.organisation_id) == by.organisation_id, col(Agency.id) == agency_id)
    query = select(Agency).where(*own).execution_options(populate_existing=True)
    found = session.exec(query.with_for_update(key_share=True) if lock else query).one_or_none()
    if found is None:
        raise NotFound("agency")
    return found


def list_agencies(session: Session, *, by: Actor, active: bool | None = None) -> Sequence[Agency]:
    """The agencies of the organisation, at most MOST_AGENCIES, by name."""
    query = select(Agency).where(col(Agency.organisation_id) == by.organisation_id)
    if active is not None:
        query = query.where(col(Agency.active) == active)
    return session.exec(query.order_by(col(Agency.name), col(Agency.id)).limit(MOST_AGENCIES)).all()


def members_of(session: Session, agency_id: uuid.UUID, *, by: Actor, active: bool = False) -> dict[uuid.UUID, str]:
    """The people of an agency, by name. `active`: only those who may answer for it."""
    query = (
        select(Person.id, Person.name)
        .join(AgencyMember, col(AgencyMember.person_id) == col(Person.id))
        .where(
            col(Person.organisation_id) == by.organisation_id,
            col(AgencyMember.organisation_id) == by.organisation_id,
            col(AgencyMember.agency_id) == agency_id,
        )
        .order_by(col(Person.name), col(Person.id))
    )
    if active:
        query = query.where(can_still(Person.id, Permission.WRITE_JOINT_PARTS))
    return dict(session.exec(query).all())


def possible_members(session: Session, by: Actor) -> dict[uuid.UUID, str]:
    """The active people with the role of agency auditor, by name."""
    query = (
        select(Person.id, Person.name)
        .where(col(Person.organisation_id) == by.organisation_id, can_still(Person.id, Permission.WRITE_JOINT_PARTS))
        .order_by(col(Person.name), col(Person.id))
    )
    return dict(session.exec(query).all())


def _faults(others: Collection[Agency], name: str) -> list[Fault]:
    faults = check_label("/name", tidy(name), called="the agency", longest=LONGEST_NAME)
    if not faults and tidy(name).casefold() in {each.name.casefold() for each in others}:
        faults.append(Fault("/name", "Enter another name. An agency has this name."))
    return faults
