"""A team of an organisation, which works on cases."""

import uuid
from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from models.base import new_id, now
from models.storage.shown import VisibleView


class StoredTeam(SQLModel, table=True):
    """A team for writing. Readers use `Team`."""

    __tablename__ = "team"
    __table_args__ = (UniqueConstraint("organisation_id", "name"),)

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    name: str = Field(max_length=80)
    active: bool = True
    version: int = 1
    created_at: datetime = Field(default_factory=now)
    # The case list that it is created with: nobody sees the team until that is imported.
    brought_by: uuid.UUID | None = None


class Team(VisibleView, table=True):
    """A team as everybody may see it."""

    __tablename__ = "shown_team"

    organisation_id: int = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    name: str = Field(max_length=80)
    active: bool
    version: int
    created_at: datetime
