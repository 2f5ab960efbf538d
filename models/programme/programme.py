"""An audit programme: the rounds that an organisation plans for a year or so."""

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from models.base import belongs_to, new_id, now
from models.people.person import Person


class Programme(SQLModel, table=True):
    """The days that a programme covers, and the quality lead for whom its rounds are planned."""

    __table_args__ = (
        belongs_to(Person, "lead_id"),
        CheckConstraint("first_day <= last_day", name="programme_runs_forward"),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    title: str = Field(max_length=120)
    first_day: date
    last_day: date
    # Its rounds are planned in their name, with what they may do at that time.
    lead_id: uuid.UUID
    version: int = 1
    created_at: datetime = Field(default_factory=now)
