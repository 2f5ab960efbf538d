"""Where a person is signed in, and when they last signed in."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, select
from sqlmodel import Session, col

from api.foundation.identity.lifetimes import session_is_valid
from api.foundation.identity.secrets import hash_of
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.settings import Settings
from models import Event, WebSession, now

MOST: Final = 200
NOT_KNOWN: Final = "A browser that does not say what it is"


@dataclass(frozen=True, slots=True)
class ShownSession:
    """A session of the person. `id` reveals nothing about its secret."""

    id: uuid.UUID
    secret_hash: str
    browser: str
    started_at: datetime
    last_seen_at: datetime
    is_this: bool

    @property
    def browser_in_words(self) -> str:
        return self.browser or NOT_KNOWN


def own(*, settings: Settings, by: Actor) -> ColumnElement[bool]:
    """The condition under which a session is the actor's and works now."""
    return and_(
        col(WebSession.organisation_id) == by.organisation_id,
        col(WebSession.person_id) == by.person_id,
        session_is_valid(settings, now()),
    )


def own_sessions(session: Session, *, settings: Settings, by: Actor) -> Sequence[ShownSession]:
    """The sessions of the actor that work now, the last used first; at most MOST."""
    check_may(by, Permission.OWN_ACCOUNT)
    rows = session.execute(
        select(WebSession)
        .where(own(settings=settings, by=by))
        .order_by(col(WebSession.last_seen_at).desc(), col(WebSession.secret_hash))
        .limit(MOST)
        .execution_options(populate_existing=True)
    ).scalars()
    this = by.proof.session if by.proof is not None else ""
    return [
        ShownSession(
            id_of(row.secret_hash),
            row.secret_hash,
            row.browser,
            row.started_at,
            row.last_seen_at,
            row.secret_hash == this,
        )
        for row in rows
    ]


def last_signed_in(session: Session, *, by: Actor) -> datetime | None:
    """When the person signed in the last time before the session that they use now; None for the first time."""
    check_may(by, Permission.OWN_ACCOUNT)
    began = None
    if by.proof is not None:
        began = session.execute(
            select(col(WebSession.started_at)).where(col(WebSession.secret_hash) == by.proof.session)
        ).scalar_one_or_none()
    query = select(col(Event.at)).where(
        col(Event.organisation_id) == by.organisation_id,
        col(Event.subject_id) == by.id,
        col(Event.kind) == "person.signed-in",
    )
    if began is not None:
        query = query.where(col(Event.at) < began)
    return session.execute(query.order_by(col(Event.at).desc()).limit(1)).scalar_one_or_none()


def id_of(secret_hash: str) -> uuid.UUID:
    """The identifier of a session, from which its secret cannot be computed."""
    return uuid.UUID(hex=hash_of(f"session {secret_hash}")[:32])
