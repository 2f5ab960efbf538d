"""An answer to a question under a theme, and a fact about the case: both beside the grades of an audit."""

import uuid

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from models.audits.audit import Audit
from models.base import belongs_to


class QuestionAnswer(SQLModel, table=True):
    """An audit's answer to a question. No row: no answer yet."""

    __tablename__ = "question_answer"
    # Stored in key order on SQLite, as scores are.
    __table_args__ = (
        belongs_to(Audit, "audit_id"),
        CheckConstraint("answer <> ''", name="has_an_answer"),
        {"sqlite_with_rowid": False},
    )

    organisation_id: int = Field(primary_key=True)
    audit_id: uuid.UUID = Field(primary_key=True)
    question: str = Field(primary_key=True, max_length=60)
    # A choice, a whole number, a month as year-month, not-evidenced or not-applicable.
    answer: str = Field(max_length=60)
    # The audit's version that wrote it, as for scores.
    version: int


class AuditFact(SQLModel, table=True):
    """A fact about the case of an audit: one of the choices of its template. No row: not known yet."""

    __tablename__ = "audit_fact"
    __table_args__ = (
        belongs_to(Audit, "audit_id"),
        CheckConstraint("choice <> ''", name="has_a_choice"),
        {"sqlite_with_rowid": False},
    )

    organisation_id: int = Field(primary_key=True)
    audit_id: uuid.UUID = Field(primary_key=True)
    fact: str = Field(primary_key=True, max_length=60)
    choice: str = Field(max_length=60)
