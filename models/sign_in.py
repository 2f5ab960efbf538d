"""Being signed in: web sessions, one-time links, and failed attempts."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from models.base import belongs_to, new_id, now


class WebSession(SQLModel, table=True):
    """A browser that is signed in. Only the SHA-256 of its cookie is stored; ending it takes effect at once."""

    __tablename__ = "web_session"
    __table_args__ = (
        belongs_to("person", "person_id"),
        Index("ix_web_session_person", "organisation_id", "person_id"),
    )

    secret_hash: str = Field(primary_key=True, max_length=64)
    organisation_id: int
    person_id: uuid.UUID
    started_at: datetime = Field(default_factory=now)
    last_seen_at: datetime = Field(default_factory=now)
    ended_at: datetime | None = None


class SignInLink(SQLModel, table=True):
    """A link that lets one person in once, to choose a password of their own."""

    __tablename__ = "sign_in_link"
    __table_args__ = (
        belongs_to("person", "person_id"),
        CheckConstraint("expires_at > created_at", name="expires_after_it_is_made"),
    )

    secret_hash: str = Field(primary_key=True, max_length=64)
    organisation_id: int
    person_id: uuid.UUID
    created_at: datetime = Field(default_factory=now)
    expires_at: datetime
    used_at: datetime | None = None


class SignInFailure(SQLModel, table=True):
    """A wrong password, remembered just long enough to slow guessing. Holds a hash of what was tried as address."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (Index("ix_sign_in_failure_email_hash_at", "email_hash", "at"),)

    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    email_hash: str = Field(max_length=64)
    at: datetime = Field(default_factory=now)
