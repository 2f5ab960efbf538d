"""A risky term: a name or identifier that an organisation is warned of, stored as hashes that nobody can read."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.base import new_id, now


class RiskyTerm(SQLModel, table=True):
    __tablename__ = "risky_term"
    __table_args__ = (
        UniqueConstraint("organisation_id", "whole_hash"),
        CheckConstraint("words BETWEEN 1 AND 8", name="has_a_word"),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    # The administrator's label, to recognise it by: never the term.
    label: str = Field(max_length=80)
    # Keyed hashes in hexadecimal, of the first word and of the whole, and a fingerprint of the key, which is stored
    # elsewhere.
    first_hash: str = Field(max_length=32)
    whole_hash: str = Field(max_length=32)
    key_mark: str = Field(max_length=16)
    words: int
    added_at: datetime = Field(default_factory=now)
