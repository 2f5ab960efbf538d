"""What allocation must know of a person in a round, and the reminders that were sent."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from models.base import LongText, belongs_to, now, words_of


class Exemption(SQLModel, table=True):
    """A person who is given no audits in a round, and why."""

    __table_args__ = (
        belongs_to("round", "round_id"),
        belongs_to("person", "person_id"),
        CheckConstraint("reason <> ''", name="exemption_has_a_reason"),
    )

    organisation_id: int = Field(primary_key=True)
    round_id: uuid.UUID = Field(primary_key=True)
    person_id: uuid.UUID = Field(primary_key=True)
    reason: str = Field(sa_type=LongText)
    made_at: datetime = Field(default_factory=now)


class ReminderKind(StrEnum):
    DUE_SOON = "due-soon"
    OVERDUE = "overdue"


class Reminder(SQLModel, table=True):
    """An e-mail about a round that was sent to a person: each kind is sent once."""

    __table_args__ = (belongs_to("round", "round_id"), belongs_to("person", "person_id"))

    organisation_id: int = Field(primary_key=True)
    round_id: uuid.UUID = Field(primary_key=True)
    person_id: uuid.UUID = Field(primary_key=True)
    kind: ReminderKind = Field(primary_key=True, sa_type=words_of(ReminderKind, "kind"))
    sent_at: datetime = Field(default_factory=now)
