"""A score: an audit's answer to a theme, with its reason."""

import uuid

from sqlalchemy import CheckConstraint, text
from sqlmodel import Field, SQLModel

from models.audits.audit import Audit
from models.base import LongText, belongs_to


class Score(SQLModel, table=True):
    # Stored in key order on SQLite: the scores of one audit are adjacent, and no second index is needed.
    __table_args__ = (
        belongs_to(Audit, "audit_id"),
        CheckConstraint("answer <> ''", name="has_an_answer"),
        {"sqlite_with_rowid": False},
    )

    organisation_id: int = Field(primary_key=True)
    audit_id: uuid.UUID = Field(primary_key=True)
    theme: str = Field(primary_key=True, max_length=60)
    # A rating of the template's scale, or not-evidenced, or not-applicable. No row: no answer yet.
    answer: str = Field(max_length=40)
    rationale: str = Field(default="", sa_type=LongText)
    impact: str = Field(default="", sa_type=LongText)
    evidence: str = Field(default="", sa_type=LongText)
    # Where the answer comes from, with a space between two: see `checklists.audits.sources`.
    sources: str = Field(default="", max_length=80, sa_column_kwargs={"server_default": text("''")})
    # The audit's version that wrote this score: two edits of one theme are distinguished, two themes never conflict.
    version: int
