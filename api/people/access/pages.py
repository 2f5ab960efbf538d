"""The page on which a second person confirms that somebody may read audits."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, Invalid, NotAllowed, Problem
from api.people.access import actions

router = Router(include_in_schema=False)


@router.get("/access")
def list_waiting(request: Request, acting: Annotated[Transaction, reading(Permission.READ_AUDITS)]) -> Response:
    return _page(request, acting)


@router.post("/access/{request_id}")
def decide(
    request: Request,
    acting: Annotated[Transaction, writing(Permission.READ_AUDITS, recent=True)],
    request_id: uuid.UUID,
    form: PostedForm,
) -> Response:
    try:
        with acting.attempt():
            if form.text("decision") not in {"confirm", "decline"}:
                raise Invalid.at("decision", "Select confirm or decline")
            confirmed = form.text("decision") == "confirm"
            actions.decide(acting.session, request_id=request_id, confirmed=confirmed, by=acting.actor)
    except (Conflict, NotAllowed, Invalid) as problem:
        return _page(request, acting, problem=problem)
    return redirect("/access", notice="Confirmed." if confirmed else "Declined. The link and roles will not work.")


def _page(request: Request, acting: Transaction, *, problem: Problem | None = None) -> Response:
    return render(
        request,
        "people/access/waiting.html",
        acting=acting,
        refusal=problem,
        faults=() if problem is None else (Fault("", problem.detail),),
        waiting=actions.list_waiting(acting.session, by=acting.actor),
    )
