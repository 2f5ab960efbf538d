"""A characteristic of cases that an organisation compares its own reports by, such as sex or ethnic group."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from checklists.characteristics import Characteristic, groups_from_json
from models.base import LongText, now


class StoredCharacteristic(SQLModel, table=True):
    __tablename__ = "characteristic"
    __table_args__ = (CheckConstraint("key <> '' AND title <> ''", name="characteristic_has_a_title"),)

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    key: str = Field(primary_key=True, max_length=40)
    title: str = Field(max_length=60)
    # The columns of a case list that say it, one a line.
    headings: str = Field(default="", sa_type=LongText)
    # Its groups, as `checklists.characteristics` stores them.
    groups: str = Field(sa_type=LongText)
    # One that is no longer in use is neither read from case lists nor reported.
    active: bool = True
    version: int = 1
    created_at: datetime = Field(default_factory=now)

    @property
    def content(self) -> Characteristic:
        """The characteristic with its groups."""
        headings = tuple(filter(None, self.headings.split("\n")))
        return Characteristic(self.key, self.title, groups_from_json(self.groups), headings)
