"""What an auditor has typed for a theme and not saved yet: part of no audit, and read by nobody else."""

import uuid
from datetime import datetime

from sqlmodel import Field, SQLModel

from models.audits.audit import Audit
from models.base import LongText, belongs_to, now
from models.people.person import Person


class ScoreDraft(SQLModel, table=True):
    __tablename__ = "score_draft"
    __table_args__ = (
        belongs_to(Audit, "audit_id"),
        belongs_to(Person, "person_id"),
        {"sqlite_with_rowid": False},
    )

    organisation_id: int = Field(primary_key=True)
    audit_id: uuid.UUID = Field(primary_key=True)
    theme: str = Field(primary_key=True, max_length=60)
    person_id: uuid.UUID
    # What the page was filled with when it was typed: see `api.audits.scoring.forms`.
    seen: str = Field(max_length=40)
    # The fields of the form by name, as JSON.
    fields: str = Field(sa_type=LongText)
    saved_at: datetime = Field(default_factory=now)
