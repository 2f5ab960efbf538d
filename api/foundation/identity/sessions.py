"""Look-up of people's sessions by their secret."""

from sqlalchemy import select
from sqlmodel import col

from models import WebSession
from models.storage.database import Database


def session_exists(database: Database, *, secret_hash: str) -> bool:
    """Whether there is or was a session with this secret; it may have expired."""
    with database.reading() as session:
        found = session.execute(select(col(WebSession.person_id)).where(col(WebSession.secret_hash) == secret_hash))
        return found.first() is not None
