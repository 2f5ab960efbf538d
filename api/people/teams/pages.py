"""Pages of teams: the list, and one team to rename or retire."""

import uuid
from collections.abc import Callable
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Page, PageQuery, Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import AlreadyExists, Conflict, Fault, Invalid, Problem, Stale
from api.people.teams import actions
from models import Team

router = Router(include_in_schema=False)

ReadingWriter = Annotated[Transaction, reading(Permission.WRITE_TEAMS)]
WritingWriter = Annotated[Transaction, writing(Permission.WRITE_TEAMS)]


@router.get("/teams")
def list_teams(request: Request, acting: ReadingWriter, page: Page) -> Response:
    return _list_page(request, acting, page)


@router.post("/teams")
def make_team(request: Request, acting: WritingWriter, page: Page, form: PostedForm) -> Response:
    def make() -> Response:
        actions.create_team(acting.session, name=form.text("name"), by=acting.actor)
        return redirect("/teams", notice="Team added.")

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except (Invalid, AlreadyExists) as problem:
        return _list_page(request, acting, page, problem=problem, form=form)


@router.get("/teams/{team_id}")
def show_team(request: Request, acting: ReadingWriter, team_id: uuid.UUID) -> Response:
    return _team_page(request, acting, team_id)


@router.post("/teams/{team_id}")
def rename_team(request: Request, acting: WritingWriter, team_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            actions.rename_team(
                acting.session, team_id=team_id, name=form.text("name"), version=form.version, by=acting.actor
            )
    except (Invalid, AlreadyExists, Stale) as problem:
        return _team_page(request, acting, team_id, problem=problem, form=form)
    return redirect("/teams", notice="Team renamed.")


@router.post("/teams/{team_id}/retire")
def retire_team(request: Request, acting: WritingWriter, team_id: uuid.UUID, form: PostedForm) -> Response:
    return _move(
        request,
        acting,
        team_id,
        form,
        actions.retire_team,
        "Team retired. New case files cannot be assigned to this team.",
    )


@router.post("/teams/{team_id}/restore")
def restore_team(request: Request, acting: WritingWriter, team_id: uuid.UUID, form: PostedForm) -> Response:
    return _move(request, acting, team_id, form, actions.restore_team, "Team restored.")


def _move(
    request: Request, acting: Transaction, team_id: uuid.UUID, form: TypedForm, action: Callable[..., Team], notice: str
) -> Response:
    try:
        with acting.attempt():
            action(acting.session, team_id=team_id, version=form.version, by=acting.actor)
    except (Stale, Conflict) as problem:
        return _team_page(request, acting, team_id, problem=problem)
    return redirect("/teams", notice=notice)


def _list_page(
    request: Request,
    acting: Transaction,
    page: PageQuery,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    found = actions.list_teams(acting.session, by=acting.actor, limit=page.to_fetch, after=page.after_id)
    shown, after = page.cut(found, key=lambda each: each.id)
    return render(
        request,
        "people/teams/list.html",
        acting=acting,
        refusal=problem,
        form=form,
        teams=shown,
        after=after,
        first=page.after is None,
    )


def _team_page(
    request: Request,
    acting: Transaction,
    team_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    faults: tuple[Fault, ...] = ()
    if isinstance(problem, Stale):
        words = "Someone else has changed this since you opened the page. Check the latest version, then decide again."
        faults = (Fault("", words),)
    elif problem is not None:
        faults = problem.faults or (Fault("", problem.detail),)
    return render(
        request,
        "people/teams/team.html",
        acting=acting,
        refusal=problem,
        form=form,
        faults=faults,
        team=actions.find_team(acting.session, team_id=team_id, by=acting.actor),
    )
