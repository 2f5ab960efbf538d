"""Exemptions from allocation in a round."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from models.audits.round import Round
from models.base import LongText, belongs_to, now
from models.people.person import Person


class Exemption(SQLModel, table=True):
    """A person who gets no audits in a round, and why."""

    __table_args__ = (
        belongs_to(Round, "round_id"),
        belongs_to(Person, "person_id"),
        CheckConstraint("reason <> ''", name="exemption_has_a_reason"),
    )

    organisation_id: int = Field(primary_key=True)
    round_id: uuid.UUID = Field(primary_key=True)
    person_id: uuid.UUID = Field(primary_key=True)
    reason: str = Field(sa_type=LongText)
    made_at: datetime = Field(default_factory=now)
