"""The page on which many people are invited, and the page with their links."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.bodies import MEGABYTE, body
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.replies import SecretReply
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Fault, Invalid
from api.people.inviting import actions
from api.people.inviting.lines import Line, UnreadableLinesError, read_lines, text_of_file
from api.people.pages import link_to_give
from api.people.teams.queries import has_teams
from models import Role

router = Router(include_in_schema=False)


@router.get("/people/invite")
def show(request: Request, acting: Annotated[Transaction, reading(Permission.WRITE_PEOPLE)]) -> Response:
    return _page(request, acting)


@router.post("/people/invite", dependencies=[body(MEGABYTE, files=True)])
def invite(
    request: Request, acting: Annotated[Transaction, writing(Permission.WRITE_PEOPLE, recent=True)], form: PostedForm
) -> Response:
    """Invite everybody, or say beside each line what is wrong with it."""
    typed = {name: list(values) for name, values in form.typed.items()}
    lines: list[Line] = []
    teams = [line.strip() for line in form.text("teams").splitlines() if line.strip()]
    try:
        content = form.file("file")
        text = form.text("lines") if content is None else text_of_file(content)
        typed["lines"] = [text]
        lines = read_lines(text)
        with acting.attempt():
            return submit_once(acting, form, lambda: _invited(request, acting, teams, lines))
    except UnreadableLinesError as unreadable:
        return _page(request, acting, status=422, faults=[Fault("lines", str(unreadable))], typed=typed)
    except Invalid as problem:
        lines = _with_faults(lines, problem)
        faults = [Fault("teams", f"Team on line {place + 1}: {words}") for place, words in _faults_of_teams(problem)]
        faults += [Fault("lines", f"Person on line {line.number}: {words}") for line in lines for words in line.faults]
        return _page(request, acting, status=422, faults=faults, typed=typed, lines=lines)


def _invited(request: Request, acting: Transaction, teams: Sequence[str], lines: Sequence[Line]) -> SecretReply:
    people = [line.person for line in lines if line.person is not None]
    made = actions.add_teams_and_invite(
        acting.session, teams=teams, people=people, settings=acting.settings, by=acting.actor
    )
    # Refused only now, so that the faults of teams and of other people are shown too. Nothing of this is stored.
    if len(people) < len(lines):
        raise Invalid("There are errors in the lines to correct.")
    rows = [(each, link_to_give(request, acting.settings, each.secret)) for each in made]
    page = render(request, "people/inviting/links.html", acting=acting, rows=rows, hours=acting.settings.link_hours)
    return SecretReply(page, again=redirect("/people"))


def _faults_of_teams(problem: Invalid) -> list[tuple[int, str]]:
    """The faults of teams: the place of each, and what is wrong."""
    found = [(fault.pointer.split("/"), fault.detail) for fault in problem.faults]
    return [(int(parts[2]), words) for parts, words in found if parts[1:2] == ["teams"]]


def _with_faults(lines: Sequence[Line], problem: Invalid) -> list[Line]:
    """The lines, each with its faults: its own, or the ones that the action found in it."""
    found: dict[int, list[str]] = {}
    for fault in problem.faults:
        parts = fault.pointer.split("/")
        if len(parts) > 2 and parts[1] == "people" and parts[2].isdecimal():
            found.setdefault(int(parts[2]), []).append(fault.detail)
    places = iter(range(len(lines)))  # of the people, which the action counts
    return [
        line if line.person is None else replace(line, faults=line.faults or tuple(found.get(next(places), ())))
        for line in lines
    ]


def _page(
    request: Request,
    acting: Transaction,
    *,
    status: int = 200,
    faults: Sequence[Fault] = (),
    typed: dict[str, list[str]] | None = None,
    lines: Sequence[Line] = (),
) -> Response:
    return render(
        request,
        "people/inviting/invite.html",
        acting=acting,
        status=status,
        faults=faults,
        typed=typed,
        lines=[line for line in lines if line.faults],
        roles=[role.label for role in Role],
        most=actions.MOST,
        asks_teams=bool(typed and any(typed.get("teams", []))) or not has_teams(acting.session, acting.actor),
    )
