"""A team of an organisation: where a case is worked."""

import uuid
from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from models.base import new_id, now


class Team(SQLModel, table=True):
    __table_args__ = (UniqueConstraint("organisation_id", "name"),)

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    name: str = Field(max_length=80)
    active: bool = True
    version: int = 1
    created_at: datetime = Field(default_factory=now)
