"""A token with which a program signs in: shown once, stored hashed, scoped, expiring, revocable."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from models.base import belongs_to, new_id, now
from models.people.person import Person


class Token(SQLModel, table=True):
    __table_args__ = (
        belongs_to(Person, "person_id"),
        belongs_to(Person, "created_by_id"),
        CheckConstraint("expires_at > created_at", name="expires_after_it_is_made"),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    secret_hash: str = Field(max_length=64, unique=True)
    name: str = Field(max_length=80)
    # A token of a person acts as that person, never with more than their roles allow; a token of nobody is an
    # integration's, and acts by its scopes alone.
    person_id: uuid.UUID | None = None
    scopes: str = Field(max_length=2000)
    created_by_id: uuid.UUID
    created_at: datetime = Field(default_factory=now)
    expires_at: datetime
    revoked_at: datetime | None = None
    # When it was found to have expired: it stays so, however the clock is set back.
    ended_at: datetime | None = None
    # For a token found to be dated in the future: until when it works while the clock stays behind.
    early_until: datetime | None = None
    last_used_at: datetime | None = None
