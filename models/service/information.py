"""What an organisation says on its help, accessibility, privacy and cookie pages instead of the service's own text."""

import uuid
from datetime import datetime

from sqlmodel import Field, SQLModel

from models.base import LongText, belongs_to, now
from models.people.person import Person


class InformationPage(SQLModel, table=True):
    """One version of a page. Versions are kept; the page shows the newest."""

    __tablename__ = "information_page"
    __table_args__ = (belongs_to(Person, "written_by_id"),)

    organisation_id: int = Field(primary_key=True)
    page: str = Field(primary_key=True, max_length=40)
    number: int = Field(primary_key=True)
    text: str = Field(sa_type=LongText)
    written_at: datetime = Field(default_factory=now)
    written_by_id: uuid.UUID
