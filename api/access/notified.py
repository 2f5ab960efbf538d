"""Who may be asked about an audit, or be notified of it: people of some roles who do not read its case themselves."""

import uuid
from collections.abc import Collection

from sqlmodel import Session, col, select

from models import Audit, Person, Role, RoleGrant
from models.storage.joins import linked


def people_beside(session: Session, audit: Audit, roles: Collection[Role]) -> dict[uuid.UUID, str]:
    """Active people with one of these roles, by name, without the readers of the audit's case in its round.

    A reader would learn of the other reading.
    """
    query = select(Audit.auditor_id).where(
        col(Audit.organisation_id) == audit.organisation_id,
        col(Audit.round_id) == audit.round_id,
        col(Audit.case_file_id) == audit.case_file_id,
    )
    readers = set(session.exec(query))
    found = active_people(session, audit.organisation_id, roles)
    return {person_id: name for person_id, name in found.items() if person_id not in readers}


def active_people(session: Session, organisation_id: int, roles: Collection[Role]) -> dict[uuid.UUID, str]:
    """The active people of an organisation with one of these roles, by name."""
    rows = session.exec(
        select(Person.id, Person.name)
        .join(RoleGrant, linked(RoleGrant.person_id, Person.id))
        .where(col(Person.organisation_id) == organisation_id, col(Person.active), col(RoleGrant.role).in_(roles))
        .order_by(col(Person.name), col(Person.id))
    )
    return dict(rows.all())
