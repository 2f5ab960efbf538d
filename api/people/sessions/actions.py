"""Ending one's own sessions."""

import uuid

from sqlalchemy import update
from sqlmodel import Session, col

from api.foundation import events
from api.foundation.permissions import Actor
from api.foundation.problems import NotFound
from api.foundation.settings import Settings
from api.people.sessions.queries import own_sessions
from models import WebSession, now


def end_session(session: Session, *, session_id: uuid.UUID, settings: Settings, by: Actor) -> bool:
    """End one of one's own sessions at once; returns whether it is the one in use. Raises NotFound."""
    found = next((each for each in own_sessions(session, settings=settings, by=by) if each.id == session_id), None)
    if found is None:
        raise NotFound("session")
    _end(session, [found.secret_hash])
    events.record(session, "person.session-ended", by.id, by=by, details={"ended": 1})
    return found.is_this


def end_other_sessions(session: Session, *, settings: Settings, by: Actor) -> int:
    """End all of one's own sessions but the one in use; returns how many there were."""
    others = [each.secret_hash for each in own_sessions(session, settings=settings, by=by) if not each.is_this]
    if others:
        _end(session, others)
        events.record(session, "person.session-ended", by.id, by=by, details={"ended": len(others)})
    return len(others)


def _end(session: Session, secret_hashes: list[str]) -> None:
    session.execute(update(WebSession).where(col(WebSession.secret_hash).in_(secret_hashes)).values(ended_at=now()))
