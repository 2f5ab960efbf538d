"""The stored response to a request that creates something, so that repeating it has no second effect."""

import uuid
from datetime import datetime

from sqlalchemy import Index, LargeBinary
from sqlmodel import Field, SQLModel

from models.base import now


class IdempotentRequest(SQLModel, table=True):
    __tablename__ = "idempotent_request"
    __table_args__ = (Index("ix_idempotent_request_created_at", "created_at"),)

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    # The person or the token behind the request: nobody else's key ever matches.
    asker_id: uuid.UUID = Field(primary_key=True)
    key: str = Field(primary_key=True, max_length=200)
    # SHA-256 of method, path and body: the same key with another request is an error to report.
    fingerprint: str = Field(max_length=64)
    status: int = 0
    location: str = Field(default="", max_length=300)
    etag: str = Field(default="", max_length=60)
    body: bytes = Field(default=b"", sa_type=LargeBinary)
    created_at: datetime = Field(default_factory=now)
