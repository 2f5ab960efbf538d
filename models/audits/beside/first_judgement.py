"""The overall judgement that an auditor chose first, before they saw what their answers give by the template's rule."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from models.audits.audit import Audit
from models.base import belongs_to, now


class FirstJudgement(SQLModel, table=True):
    """Written once for an audit whose template has the auditor judge the whole, and never changed."""

    __tablename__ = "first_judgement"
    __table_args__ = (
        belongs_to(Audit, "audit_id"),
        CheckConstraint("overall <> ''", name="has_a_judgement"),
        {"sqlite_with_rowid": False},
    )

    organisation_id: int = Field(primary_key=True)
    audit_id: uuid.UUID = Field(primary_key=True)
    overall: str = Field(max_length=40)
    judged_at: datetime = Field(default_factory=now)
