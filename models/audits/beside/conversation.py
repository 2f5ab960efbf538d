"""The conversation with the worker, and family views: what people said, beside every grade."""

import uuid
from datetime import date

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from models.audits.audit import Audit
from models.base import LongText, belongs_to


class Conversation(SQLModel, table=True):
    """The conversation with the worker of an audit's case, and what got in the way of the work."""

    __table_args__ = (
        belongs_to(Audit, "audit_id"),
        CheckConstraint("(held_on IS NULL) = (took_part = '')", name="held_with_somebody"),
        {"sqlite_with_rowid": False},
    )

    organisation_id: int = Field(primary_key=True)
    audit_id: uuid.UUID = Field(primary_key=True)
    held_on: date | None = None
    # Roles, and obstacles of the template, with a space between two.
    took_part: str = Field(default="", max_length=120)
    obstacles: str = Field(default="", sa_type=LongText)
    obstacle_words: str = Field(default="", sa_type=LongText)
    # The audit's version that wrote it; 0 before anything was written.
    version: int = 0


class FamilyView(SQLModel, table=True):
    """The views of somebody of the family, or why they gave none. No row: nothing is said of them."""

    __tablename__ = "family_view"
    __table_args__ = (
        belongs_to(Audit, "audit_id"),
        CheckConstraint("(how = '') = (no_view <> '')", name="view_or_reason"),
        CheckConstraint("how <> '' OR (answers = '' AND words = '')", name="words_of_a_view"),
        {"sqlite_with_rowid": False},
    )

    organisation_id: int = Field(primary_key=True)
    audit_id: uuid.UUID = Field(primary_key=True)
    who: str = Field(primary_key=True, max_length=20)
    how: str = Field(default="", max_length=20)
    # Why they gave none; empty for those who did.
    no_view: str = Field(default="", max_length=20)
    # The answers to the template's questions: see `checklists.audits.family_views.encode_family_answers`.
    answers: str = Field(default="", sa_type=LongText)
    # In the auditor's paraphrase.
    words: str = Field(default="", sa_type=LongText)
    # The audit's version that wrote it.
    version: int
