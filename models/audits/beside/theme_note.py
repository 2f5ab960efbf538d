"""What an auditor says of one theme beside its answer: strengths, points for development, and exemplary practice."""

import uuid

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from models.audits.audit import Audit
from models.base import LongText, belongs_to


class ThemeNote(SQLModel, table=True):
    """A note on a theme of an audit, or with an empty theme on the whole audit. No row: nothing is said of it."""

    __tablename__ = "theme_note"
    # Stored in key order on SQLite, as scores are.
    __table_args__ = (
        belongs_to(Audit, "audit_id"),
        CheckConstraint("strengths <> '' OR development <> '' OR exemplary", name="says_something"),
        CheckConstraint("exemplary OR NOT worker_agrees", name="agreed_to_a_mark"),
        CheckConstraint("theme <> '' OR (strengths = '' AND development = '')", name="texts_of_a_theme"),
        {"sqlite_with_rowid": False},
    )

    organisation_id: int = Field(primary_key=True)
    audit_id: uuid.UUID = Field(primary_key=True)
    theme: str = Field(primary_key=True, max_length=60)
    strengths: str = Field(default="", sa_type=LongText)
    development: str = Field(default="", sa_type=LongText)
    # Marked as practice that others can learn from, and whether the worker agrees that it is shown to them.
    exemplary: bool = False
    worker_agrees: bool = False
    # The audit's version that wrote it.
    version: int
