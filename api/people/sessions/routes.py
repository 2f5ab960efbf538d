"""One's own sessions over REST."""

import uuid
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.people.sessions import actions
from api.people.sessions.queries import ShownSession, last_signed_in, own_sessions

router = Router(prefix="/me/sessions", tags=["Me"])


class SessionOut(BaseModel):
    id: uuid.UUID
    browser: Annotated[str, Field(description="The browser and its system; empty when the browser does not say.")]
    started_at: datetime
    last_seen_at: Annotated[datetime, Field(description="To the nearest minute.")]
    is_this: Annotated[bool, Field(description="Whether this request belongs to the session.")]

    @classmethod
    def of(cls, found: ShownSession) -> Self:
        return cls(
            id=found.id,
            browser=found.browser,
            started_at=found.started_at,
            last_seen_at=found.last_seen_at,
            is_this=found.is_this,
        )


class SessionList(BaseModel):
    items: list[SessionOut]
    last_signed_in_at: Annotated[
        datetime | None, Field(description="When you last signed in before this session; null for the first time.")
    ]


class EndedSessionsOut(BaseModel):
    ended: Annotated[int, Field(description="Number of sessions ended.")]


@router.get("", response_model=SessionList)
def list_sessions(acting: Annotated[Transaction, reading(Permission.OWN_ACCOUNT)]) -> SessionList:
    """Where you are signed in, the last used first."""
    found = own_sessions(acting.session, settings=acting.settings, by=acting.actor)
    last = last_signed_in(acting.session, by=acting.actor)
    return SessionList(items=[SessionOut.of(each) for each in found], last_signed_in_at=last)


@router.post("/{session_id}/end", response_model=EndedSessionsOut, responses=refusals(404))
def end_session(
    acting: Annotated[Transaction, writing(Permission.OWN_ACCOUNT)], session_id: uuid.UUID
) -> EndedSessionsOut:
    """End one of your sessions immediately."""
    actions.end_session(acting.session, session_id=session_id, settings=acting.settings, by=acting.actor)
    return EndedSessionsOut(ended=1)


@router.post("/end-others", response_model=EndedSessionsOut)
def end_other_sessions(acting: Annotated[Transaction, writing(Permission.OWN_ACCOUNT)]) -> EndedSessionsOut:
    """End all of your sessions but the one of this request."""
    ended = actions.end_other_sessions(acting.session, settings=acting.settings, by=acting.actor)
    return EndedSessionsOut(ended=ended)
