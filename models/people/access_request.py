"""An access request: a link or roles with which somebody may read audits, until a second person has confirmed it."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from models.base import belongs_to, enum_column, new_id, now
from models.people.person import Person


class AccessKind(StrEnum):
    """What an administrator did."""

    INVITED = "invited"
    LINK = "link"
    ROLES = "roles"


class AccessRequest(SQLModel, table=True):
    """A person's new link, new roles, or both. It has no effect until somebody else has confirmed it."""

    __tablename__ = "access_request"
    __table_args__ = (
        belongs_to(Person, "person_id"),
        belongs_to(Person, "asked_by_id"),
        belongs_to(Person, "decided_by_id"),
        CheckConstraint("decided_at IS NOT NULL OR decided_by_id IS NULL", name="decided_at_a_time"),
        CheckConstraint("NOT confirmed OR decided_at IS NOT NULL", name="confirmed_is_decided"),
        Index("ix_access_request_person", "person_id", "organisation_id"),
    )

    organisation_id: int = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    person_id: uuid.UUID
    kind: AccessKind = Field(sa_type=enum_column(AccessKind, "kind"))
    # The roles that wait, separated by spaces; empty for a link alone.
    roles: str = Field(default="", max_length=200)
    # The hash of the link that waits; empty for roles alone.
    link_hash: str = Field(default="", max_length=64)
    asked_by_id: uuid.UUID
    asked_at: datetime = Field(default_factory=now)
    # None for a decided request: the operator decided on the host, because nobody else could.
    decided_by_id: uuid.UUID | None = None
    decided_at: datetime | None = None
    confirmed: bool = False
