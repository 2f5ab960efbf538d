"""Retention periods: what each organisation set for each kind of record, and who confirmed a shorter one."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from checklists.retention import RetentionKind
from models.base import belongs_to, enum_column, new_id, now
from models.people.person import Person

_WAITING = text("decided_at IS NULL")


class RetentionChange(SQLModel, table=True):
    """A new period for a kind of record, in months. The confirmed ones in their order make the period that applies.

    A longer period is confirmed at once, by nobody else. A shorter one waits until another person decides.
    """

    __tablename__ = "retention_change"
    __table_args__ = (
        belongs_to(Person, "asked_by_id"),
        belongs_to(Person, "decided_by_id"),
        CheckConstraint("months BETWEEN 1 AND 1200", name="months_are_possible"),
        CheckConstraint("NOT confirmed OR decided_at IS NOT NULL", name="confirmed_is_decided"),
        CheckConstraint(
            "decided_by_id IS NULL OR decided_by_id <> asked_by_id",
            name="decided_by_another",
        ),
        Index(
            "uq_retention_change_one_waiting",
            "organisation_id",
            "kind",
            unique=True,
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    kind: RetentionKind = Field(sa_type=enum_column(RetentionKind, "kind"))
    months: int
    asked_by_id: uuid.UUID
    asked_at: datetime = Field(default_factory=now)
    decided_by_id: uuid.UUID | None = None
    decided_at: datetime | None = None
    confirmed: bool = False
