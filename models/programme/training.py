"""When an auditor or moderator was trained."""

import uuid
from datetime import date

from sqlmodel import Field, SQLModel

from models.base import belongs_to
from models.people.person import Person


class Training(SQLModel, table=True):
    """The day on which a person was last trained to audit or moderate, and who recorded it."""

    __table_args__ = (belongs_to(Person, "person_id"), belongs_to(Person, "recorded_by_id"))

    organisation_id: int = Field(primary_key=True)
    person_id: uuid.UUID = Field(primary_key=True)
    trained_on: date
    recorded_by_id: uuid.UUID
