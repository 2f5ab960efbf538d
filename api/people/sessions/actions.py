"""Ending one's own sessions."""

import uuid

from sqlalchemy import update
from sqlmodel import Session, col

from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import NotFound
from api.foundation.settings import Settings
from api.people.sessions.queries import own, own_sessions
from models import WebSession, now
from models.storage.database import rows_changed


def end_session(session: Session, *, session_id: uuid.UUID, settings: Settings, by: Actor) -> bool:
    """End one of one's own sessions at once; returns whether it is the one in use. Raises NotFound."""
    found = next((each for each in own_sessions(session, settings=settings, by=by) if each.id == session_id), None)
    if found is None:
        raise NotFound("session")
    this = col(WebSession.secret_hash) == found.secret_hash
    session.execute(update(WebSession).where(own(settings=settings, by=by), this).values(ended_at=now()))
    events.record(session, "person.session-ended", by.id, by=by, details={"ended": 1})
    return found.is_this


def end_other_sessions(session: Session, *, settings: Settings, by: Actor) -> int:
    """End all of one's own sessions but the one in use, also where more are open than are shown; returns how many."""
    check_may(by, Permission.OWN_ACCOUNT)
    others = [own(settings=settings, by=by)]
    if by.proof is not None:
        others.append(col(WebSession.secret_hash) != by.proof.session)
    ended = rows_changed(session, update(WebSession).where(*others).values(ended_at=now()))
    if ended:
        events.record(session, "person.session-ended", by.id, by=by, details={"ended": ended})
    return ended
