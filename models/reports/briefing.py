"""A 7-minute briefing: what a snapshot shows, in seven parts, with the lead's own words."""

import uuid
from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from models.base import LongText, belongs_to, new_id, now
from models.reports.snapshot import Snapshot


class Briefing(SQLModel, table=True):
    __table_args__ = (
        belongs_to(Snapshot, "snapshot_id"),
        Index("ix_briefing_made", "organisation_id", "made_at"),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    snapshot_id: uuid.UUID
    title: str = Field(max_length=120)
    made_at: datetime = Field(default_factory=now)
    version: int = 1
    # The lead's own text for each part, as a JSON object; figures are filled in from the snapshot when it is read.
    words: str = Field(default="{}", sa_type=LongText)
