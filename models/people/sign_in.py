"""Signing in: web sessions, one-time links, and counts of attempts."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, false, text
from sqlmodel import Field, SQLModel

from models.base import belongs_to, now
from models.people.person import Person


class WebSession(SQLModel, table=True):
    """A browser that is signed in. Only the SHA-256 of its cookie is stored; ending it takes effect at once."""

    __tablename__ = "web_session"
    __table_args__ = (
        belongs_to(Person, "person_id"),
        Index("ix_web_session_person", "organisation_id", "person_id"),
    )

    secret_hash: str = Field(primary_key=True, max_length=64)
    organisation_id: int
    person_id: uuid.UUID
    started_at: datetime = Field(default_factory=now)
    last_seen_at: datetime = Field(default_factory=now)
    ended_at: datetime | None = None
    # When the person last proved who they are: at the start, or when asked again before something that matters.
    # Empty for a session from before this was kept: not lately.
    proved_at: datetime | None = Field(default_factory=now)
    # Whether a role of the person needs a second factor, and they have none: they can only set one up.
    needs_second_factor: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    # The browser and its system as it describes itself, such as Firefox on Windows; empty when it does not.
    browser: str = Field(default="", max_length=60, sa_column_kwargs={"server_default": text("''")})
    # Whether the person signed in with the provider of single sign-on.
    by_provider: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    # The provider's own session, by the SHA-256 of its name; empty where the provider names none.
    provider_session: str = Field(default="", max_length=64, sa_column_kwargs={"server_default": text("''")})


class SignInLink(SQLModel, table=True):
    """A link with which one person signs in once, to choose a password of their own."""

    __tablename__ = "sign_in_link"
    __table_args__ = (
        belongs_to(Person, "person_id"),
        CheckConstraint("expires_at > created_at", name="expires_after_it_is_made"),
    )

    secret_hash: str = Field(primary_key=True, max_length=64)
    organisation_id: int
    person_id: uuid.UUID
    created_at: datetime = Field(default_factory=now)
    expires_at: datetime
    used_at: datetime | None = None
    # Whether the link of somebody who may read audits still waits for another such person to confirm it.
    waits: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    # Who made it; nobody where the operator did on the host.
    issued_by_id: uuid.UUID | None = None
    # When it was found to have expired: it stays so, however the clock is set back.
    ended_at: datetime | None = None
    # For a link found to be dated in the future: until when it works while the clock stays behind.
    early_until: datetime | None = None


class SignInCount(SQLModel, table=True):
    """How many attempts to sign in came from one place, or for one account, and when the last one did.

    Place and account are stored as a hash under a key outside the database. Deleted after a day.
    """

    __tablename__ = "sign_in_count"
    __table_args__ = (
        Index("ix_sign_in_count_at", "at"),
        CheckConstraint("attempts >= 0", name="attempts_count_up"),
    )

    key_hash: str = Field(primary_key=True, max_length=64)
    attempts: int = 0
    at: datetime = Field(default_factory=now)
