"""Teams over REST."""

import uuid
from typing import Annotated, Self

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.foundation.http.dependencies import IdempotencyKey, IfMatch, Page, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.names import LONGEST_TEAM_NAME
from api.people.teams import actions
from models import Team

router = Router(prefix="/teams", tags=["Teams"])


class TeamIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_TEAM_NAME)]


class TeamOut(BaseModel):
    id: uuid.UUID
    name: str
    active: Annotated[bool, Field(description="False if retired: new case files cannot be assigned to this team.")]
    version: int

    @classmethod
    def of(cls, team: Team) -> Self:
        return cls(id=team.id, name=team.name, active=team.active, version=team.version)


class TeamList(BaseModel):
    items: list[TeamOut]
    after: str | None


@router.get("", response_model=TeamList)
def list_teams(
    acting: Annotated[Transaction, reading(Permission.READ_TEAMS)],
    page: Page,
    active: Annotated[bool | None, Query(description="Return only teams in use, or only retired teams.")] = None,
) -> TeamList:
    """Teams, in the order they were created."""
    found = actions.list_teams(acting.session, by=acting.actor, limit=page.to_fetch, after=page.after_id, active=active)
    shown, after = page.cut(found, key=lambda each: each.id)
    return TeamList(
        items=[TeamOut.of(team) for team in shown],
        after=after,
    )


@router.post("", status_code=201, response_model=TeamOut, responses=refusals(400, 409))
def make_team(
    acting: Annotated[Transaction, writing(Permission.WRITE_TEAMS)], key: IdempotencyKey, team: TeamIn
) -> Response:
    def make() -> Response:
        made = actions.create_team(acting.session, name=team.name, by=acting.actor)
        return json_reply(TeamOut.of(made), status=201, version=made.version, location=f"/api/v1/teams/{made.id}")

    return run_once(acting, key, make)


@router.get("/{team_id}", response_model=TeamOut, responses=refusals(404))
def read_team(acting: Annotated[Transaction, reading(Permission.READ_TEAMS)], team_id: uuid.UUID) -> Response:
    return _shown(actions.find_team(acting.session, team_id=team_id, by=acting.actor))


@router.put("/{team_id}", response_model=TeamOut, responses=refusals(404, 409, 412, 428))
def rename_team(
    acting: Annotated[Transaction, writing(Permission.WRITE_TEAMS)], team_id: uuid.UUID, version: IfMatch, team: TeamIn
) -> Response:
    return _shown(
        actions.rename_team(acting.session, team_id=team_id, name=team.name, version=version, by=acting.actor)
    )


@router.post("/{team_id}/retire", response_model=TeamOut, responses=refusals(404, 409, 412, 428))
def retire_team(
    acting: Annotated[Transaction, writing(Permission.WRITE_TEAMS)], team_id: uuid.UUID, version: IfMatch
) -> Response:
    """Retire a team. Its case files keep it."""
    return _shown(actions.retire_team(acting.session, team_id=team_id, version=version, by=acting.actor))


@router.post("/{team_id}/restore", response_model=TeamOut, responses=refusals(404, 409, 412, 428))
def restore_team(
    acting: Annotated[Transaction, writing(Permission.WRITE_TEAMS)], team_id: uuid.UUID, version: IfMatch
) -> Response:
    """Restore a retired team."""
    return _shown(actions.restore_team(acting.session, team_id=team_id, version=version, by=acting.actor))


def _shown(team: Team) -> Response:
    return json_reply(TeamOut.of(team), version=team.version)
