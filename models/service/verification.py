"""Verifications of the trail that people asked for, or that the service does by itself every day."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from models.base import LongText, belongs_to, new_id, now
from models.people.person import Person


class Verification(SQLModel, table=True):
    """One verification of an organisation's trail and records, in the background."""

    __table_args__ = (
        belongs_to(Person, "asked_by_id"),
        CheckConstraint("(finished_at IS NULL) = (is_whole IS NULL)", name="finished_says_what_it_found"),
        # No index led by the organisation: see `belongs_to`.
        Index("ix_verification_waiting", "finished_at", "asked_at", "organisation_id"),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    # Nobody: the service itself.
    asked_by_id: uuid.UUID | None = None
    asked_at: datetime = Field(default_factory=now)
    # When it was last begun: if the server stops meanwhile, it is begun again.
    begun_at: datetime | None = None
    finished_at: datetime | None = None
    is_whole: bool | None = None
    events: int = 0
    seconds: float = 0
    # What it found, a sentence a line.
    said: str = Field(default="", sa_type=LongText)
