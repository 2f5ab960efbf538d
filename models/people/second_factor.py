"""The second factor of people who sign in with a password, and which roles need one."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, text
from sqlmodel import Field, SQLModel

from models.base import LongText, belongs_to, new_id, now
from models.people.person import Person


class OneTimeCodes(SQLModel, table=True):
    """The secret that a person shares with an app on their phone, which makes a code every 30 seconds.

    It is encrypted under a key outside the database.
    """

    __tablename__ = "one_time_codes"
    __table_args__ = (
        belongs_to(Person, "person_id"),
        CheckConstraint("last_step >= 0", name="steps_count_up"),
    )

    organisation_id: int = Field(primary_key=True)
    person_id: uuid.UUID = Field(primary_key=True)
    sealed_secret: str = Field(max_length=200)
    created_at: datetime = Field(default_factory=now)
    # When the person first entered a code of it: before that it is not used.
    confirmed_at: datetime | None = None
    # The last half minute whose code was accepted, as a number counted from 1970: no code works twice.
    last_step: int = 0


class Passkey(SQLModel, table=True):
    """A key on a person's phone, computer or security key. Only its public half is stored."""

    __tablename__ = "passkey"
    __table_args__ = (
        belongs_to(Person, "person_id"),
        Index("ix_passkey_person", "person_id", "organisation_id"),
        CheckConstraint("sign_count >= 0", name="signatures_count_up"),
    )

    organisation_id: int = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    person_id: uuid.UUID
    name: str = Field(max_length=80)
    # Both base64url, without padding.
    credential_id: str = Field(sa_type=LongText, unique=True)
    public_key: str = Field(sa_type=LongText)
    # How often the key has signed, by its own count; 0 for a key that does not count.
    sign_count: int = Field(default=0, sa_type=BigInteger().with_variant(Integer(), "sqlite"))
    created_at: datetime = Field(default_factory=now)
    last_used_at: datetime | None = None
    # When the last challenge that it answered was made: an answer to an older one is refused.
    challenged_at: datetime = Field(default_factory=now)


class RecoveryCode(SQLModel, table=True):
    """A code that works once in place of the second factor. Only its SHA-256 is stored."""

    __tablename__ = "recovery_code"
    __table_args__ = (belongs_to(Person, "person_id"),)

    organisation_id: int = Field(primary_key=True)
    person_id: uuid.UUID = Field(primary_key=True)
    code_hash: str = Field(primary_key=True, max_length=64)
    used_at: datetime | None = None


class SecondFactorRule(SQLModel, table=True):
    """Which roles need a second factor. Without a row, administrators do."""

    __tablename__ = "second_factor_rule"

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    # Separated by spaces; empty when no role needs one.
    roles: str = Field(default="", max_length=200, sa_column_kwargs={"server_default": text("''")})
    version: int = 1
