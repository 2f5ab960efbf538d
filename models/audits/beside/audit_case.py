"""The case of an audit as its auditor describes it, beside the facts about it."""

import uuid

from sqlmodel import Field, SQLModel

from models.audits.audit import Audit
from models.base import LongText, belongs_to


class AuditCase(SQLModel, table=True):
    """The case in a few words. There is a row once its auditor has saved the case, its facts or its synopsis."""

    __tablename__ = "audit_case"
    __table_args__ = (belongs_to(Audit, "audit_id"), {"sqlite_with_rowid": False})

    organisation_id: int = Field(primary_key=True)
    audit_id: uuid.UUID = Field(primary_key=True)
    synopsis: str = Field(default="", sa_type=LongText)
    # The audit's version that wrote the synopsis or a fact; 0 before anything was written.
    version: int = 0
