"""Teams: created, renamed, retired. Never deleted, because case files keep the team that worked on them."""

import uuid
from collections.abc import Sequence

from sqlalchemy import update
from sqlmodel import Session, col, select

from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import AlreadyExists, Conflict, Fault, Invalid, NotFound, Stale
from api.foundation.text.names import check_team_name, tidy
from models import StoredTeam, Team, new_id
from models.storage.database import rows_changed


def create_team(session: Session, *, name: str, by: Actor) -> Team:
    """Create a team. Raises Invalid, or AlreadyExists when a team has that name, including retired ones."""
    check_may(by, Permission.WRITE_TEAMS)
    made = StoredTeam(organisation_id=by.organisation_id, id=new_id(), name=_checked(session, name, by=by))
    session.add(made)
    session.flush()
    events.record(session, "team.made", made.id, by=by)
    return find_team(session, team_id=made.id, by=by)


def rename_team(session: Session, *, team_id: uuid.UUID, name: str, version: int, by: Actor) -> Team:
    """Rename a team. Raises NotFound, Stale, Invalid, or AlreadyExists."""
    check_may(by, Permission.WRITE_TEAMS)
    find_team(session, team_id=team_id, by=by)
    name = _checked(session, name, by=by, team_id=team_id)
    return _change(session, team_id, version, {"name": name}, "team.renamed", by)


def retire_team(session: Session, *, team_id: uuid.UUID, version: int, by: Actor) -> Team:
    """Retire a team: new case files cannot name it. Raises NotFound, Stale, or Conflict."""
    check_may(by, Permission.WRITE_TEAMS)
    if not find_team(session, team_id=team_id, by=by).active:
        raise Conflict("This team is already retired.")
    return _change(session, team_id, version, {"active": False}, "team.retired", by)


def restore_team(session: Session, *, team_id: uuid.UUID, version: int, by: Actor) -> Team:
    """Restore a retired team. Raises NotFound, Stale, or Conflict."""
    check_may(by, Permission.WRITE_TEAMS)
    if find_team(session, team_id=team_id, by=by).active:
        raise Conflict("This team is already in use.")
    return _change(session, team_id, version, {"active": True}, "team.restored", by)


def find_team(session: Session, *, team_id: uuid.UUID, by: Actor) -> Team:
    """The team. Raises NotFound."""
    found = session.exec(
        select(Team)
        .where(col(Team.organisation_id) == by.organisation_id, col(Team.id) == team_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("team")
    return found


def list_teams(
    session: Session, *, by: Actor, limit: int, after: uuid.UUID | None = None, active: bool | None = None
) -> Sequence[Team]:
    """Teams in the order of creation, from the one after `after`."""
    query = select(Team).where(col(Team.organisation_id) == by.organisation_id).order_by(col(Team.id)).limit(limit)
    if after is not None:
        query = query.where(col(Team.id) > after)
    if active is not None:
        query = query.where(col(Team.active) == active)
    return session.exec(query).all()


def _change(
    session: Session, team_id: uuid.UUID, version: int, values: dict[str, object], kind: str, by: Actor
) -> Team:
    changed = rows_changed(
        session,
        update(StoredTeam)
        .where(
            col(StoredTeam.organisation_id) == by.organisation_id,
            col(StoredTeam.id) == team_id,
            col(StoredTeam.version) == version,
        )
        .values(version=version + 1, **values),
    )
    if not changed:
        raise Stale
    events.record(session, kind, team_id, by=by)
    return find_team(session, team_id=team_id, by=by)


def _checked(session: Session, name: str, *, by: Actor, team_id: uuid.UUID | None = None) -> str:
    name = tidy(name)
    faults = check_team_name("name", name)
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))
    # Including teams of a case list that is being imported, which nobody sees yet.
    others = select(col(StoredTeam.name)).where(
        col(StoredTeam.organisation_id) == by.organisation_id, col(StoredTeam.id) != team_id
    )
    if name.casefold() in {other.casefold() for other in session.exec(others)}:
        words = "A team with this name already exists. Enter a different name, or use the existing team."
        raise AlreadyExists(words, faults=(Fault("name", words),))
    return name
