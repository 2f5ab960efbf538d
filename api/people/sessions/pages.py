"""The page of one's own sessions."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.people.sessions import actions
from api.people.sessions.queries import last_signed_in, own_sessions
from checklists.plurals import plural

router = Router(include_in_schema=False)


@router.get("/account/sessions")
def show(request: Request, acting: Annotated[Transaction, reading(Permission.OWN_ACCOUNT)]) -> Response:
    return render(
        request,
        "people/sessions/list.html",
        acting=acting,
        sessions=own_sessions(acting.session, settings=acting.settings, by=acting.actor),
        last=last_signed_in(acting.session, by=acting.actor),
    )


@router.post("/account/sessions/end-others")
def end_others(acting: Annotated[Transaction, writing(Permission.OWN_ACCOUNT)]) -> Response:
    ended = actions.end_other_sessions(acting.session, settings=acting.settings, by=acting.actor)
    return redirect("/account/sessions", notice=f"{plural(ended, 'other session')} ended.")


@router.post("/account/sessions/{session_id}/end")
def end(acting: Annotated[Transaction, writing(Permission.OWN_ACCOUNT)], session_id: uuid.UUID) -> Response:
    if actions.end_session(acting.session, session_id=session_id, settings=acting.settings, by=acting.actor):
        return redirect("/sign-in", notice="You have signed out.")
    return redirect("/account/sessions", notice="Session ended. That browser is signed out.")
