"""An event: one line of the trail of who did what. Holds identifiers, never text that a person wrote."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer
from sqlmodel import Field, SQLModel

from models.base import LongText, now


class Event(SQLModel, table=True):
    """Events of an organisation are numbered from 1 without gaps, and chained: see `checklists.chain`.

    The database refuses to change or delete one. Only `models.storage.trail` adds them.
    """

    # No foreign keys but the organisation's: the trail must never block a change of a record, nor a record a change of
    # the trail.
    __table_args__ = (Index("ix_event_subject", "organisation_id", "subject_id"),)

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    number: int = Field(primary_key=True, sa_type=BigInteger().with_variant(Integer(), "sqlite"))
    at: datetime = Field(default_factory=now)
    kind: str = Field(max_length=60)
    subject_id: uuid.UUID
    person_id: uuid.UUID | None = None
    token_id: uuid.UUID | None = None
    details: str = Field(default="{}", sa_type=LongText)
    hash: str = Field(max_length=64)
