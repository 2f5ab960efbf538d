"""The home page."""

from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Transaction, reading
from api.foundation.http.routing import Router
from api.foundation.pages.home_page import first_steps
from api.foundation.pages.rendering import render
from api.foundation.permissions import Permission
from api.home import queries

router = Router(include_in_schema=False)


@router.get("/")
def show_start(request: Request, acting: Annotated[Transaction, reading(Permission.OWN_ACCOUNT)]) -> Response:
    steps = first_steps(acting.session, by=acting.actor)
    return render(
        request,
        "home/start.html",
        acting=acting,
        tasks=queries.tasks_of(acting.session, by=acting.actor),
        steps=steps,
        done=sum(step.is_done for step in steps),
    )
