"""The people who can own a child-level action."""

import uuid

from sqlmodel import Session, col, select

from api.access.concerns import reads_case
from api.access.notified import people_beside
from api.access.people import roles_with
from api.foundation.permissions import Actor, Permission
from api.improvement.queries import possible_owners
from models import (
    Audit,
    CaseFile,
    Role,
    RoleGrant,
    TeamMember,
)


def owners_for_child(session: Session, audit: Audit, *, by: Actor) -> dict[uuid.UUID, str]:
    """The people who can own a child-level action of an audit, by name.

    An action owner only where they work in the case's team or are responsible for it. Readers of the case are left out,
    but not where a reader chooses: they would learn who else reads it.
    """
    found = possible_owners(session, by)
    if not reads_case(session, by, audit):
        beside = people_beside(session, audit, roles_with(Permission.PROGRESS_ACTIONS))
        found = {person_id: name for person_id, name in found.items() if person_id in beside}
    team_id = audit.team_id or session.get_one(CaseFile, (audit.organisation_id, audit.case_file_id)).team_id
    own = (col(RoleGrant.organisation_id) == by.organisation_id, col(RoleGrant.person_id).in_(list(found)))
    others = set(session.exec(select(RoleGrant.person_id).where(*own, col(RoleGrant.role) != Role.ACTION_OWNER)))
    of_team = set(
        session.exec(
            select(TeamMember.person_id).where(
                col(TeamMember.organisation_id) == by.organisation_id, col(TeamMember.team_id) == team_id
            )
        )
    )
    return {person_id: name for person_id, name in found.items() if person_id in others | of_team}
