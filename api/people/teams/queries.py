"""Queries of teams."""

from sqlmodel import Session, col, select

from api.foundation.pages.choices import Choice
from api.foundation.permissions import Actor
from models import Team


def team_choices(session: Session, actor: Actor, *, retired: bool = False) -> list[Choice]:
    """The organisation's teams by name, for a select; the retired ones only when asked for."""
    query = select(Team).where(col(Team.organisation_id) == actor.organisation_id).order_by(col(Team.name))
    if not retired:
        query = query.where(col(Team.active))
    return [{"value": str(team.id), "text": team.name} for team in session.exec(query)]


def has_teams(session: Session, actor: Actor) -> bool:
    """Whether the organisation has any team, in use or retired."""
    return (
        session.exec(select(Team.id).where(col(Team.organisation_id) == actor.organisation_id).limit(1)).first()
        is not None
    )
