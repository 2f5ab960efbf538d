"""The page on which leads and administrators verify that nothing was changed in the database."""

from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import is_allowed
from api.trail.verifying import actions

router = Router(include_in_schema=False)


@router.get("/verifications")
def show_verifications(
    request: Request, acting: Annotated[Transaction, reading(Permission.VERIFY_EVIDENCE)]
) -> Response:
    found = actions.verifications(acting.session, by=acting.actor)
    finished = next((each for each in found if each.finished_at is not None), None)
    return render(
        request,
        "trail/verifying/list.html",
        acting=acting,
        found=found,
        newest=finished,
        sentences=finished.said.splitlines() if finished is not None else [],
        may_ask=is_allowed(actions.check_can_ask, acting.session, by=acting.actor),
    )


@router.post("/verifications")
def ask_for_verification(acting: Annotated[Transaction, writing(Permission.VERIFY_EVIDENCE)]) -> Response:
    actions.ask(acting.session, by=acting.actor)
    return redirect("/verifications", notice="Verification requested. This page will show the result.")
