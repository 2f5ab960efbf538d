"""An export: a long file that is written in the background for the person who requested it."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, false
from sqlmodel import Field, SQLModel

from models.audits.round import Round
from models.base import belongs_to, enum_column, new_id, now
from models.people.person import Person


class ExportState(StrEnum):
    WAITING = "waiting"
    WRITING = "writing"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class Export(SQLModel, table=True):
    """Every answer of a round with its texts. Only the person who requested it can download it."""

    __table_args__ = (
        belongs_to(Round, "round_id"),
        belongs_to(Person, "person_id"),
        CheckConstraint("written >= 0 AND audits >= 0", name="counts_up"),
        CheckConstraint("(state = 'ready') = (finished_at IS NOT NULL)", name="ready_has_a_time"),
        Index("ix_export_state", "state", "beat_at"),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    round_id: uuid.UUID
    person_id: uuid.UUID
    # Auditors are named; otherwise they are numbered.
    has_names: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    state: ExportState = Field(default=ExportState.WAITING, sa_type=enum_column(ExportState, "state"))
    audits: int = 0
    written: int = 0
    made_at: datetime = Field(default_factory=now)
    # When its writer last reported progress: if it stops, another takes over.
    beat_at: datetime = Field(default_factory=now)
    finished_at: datetime | None = None


class ExportFile(SQLModel, table=True):
    """The content of a finished export: in its own table, so that listing exports never reads it."""

    __tablename__ = "export_file"
    __table_args__ = (belongs_to("export", "export_id"),)

    organisation_id: int = Field(primary_key=True)
    export_id: uuid.UUID = Field(primary_key=True)
    content: bytes
