"""Feedback on an audited case: what the practitioner gets and says about it, and what their team disagrees with."""

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from models.audits.audit import Audit
from models.base import LongText, belongs_to, new_id, now
from models.people.person import Person


class FeedbackSheet(SQLModel, table=True):
    """The feedback that was given to the practitioner of an audited case, and their reflection."""

    __tablename__ = "feedback_sheet"
    __table_args__ = (
        belongs_to(Audit, "audit_id"),
        belongs_to(Person, "given_by_id"),
        belongs_to(Person, "shared_by_id"),
        belongs_to(Person, "typed_by_id"),
        CheckConstraint("works_well <> '' OR think_about <> ''", name="sheet_says_something"),
        CheckConstraint("shared_at IS NULL OR shared_by_id IS NOT NULL", name="shared_by_somebody"),
        CheckConstraint("(reflected_at IS NULL) = (reflection = '')", name="reflected_in_words"),
        # No index led by the organisation: see `belongs_to`.
        Index("ix_feedback_sheet_audit", "audit_id", "organisation_id", unique=True),
        Index("ix_feedback_sheet_code", "code", "organisation_id", unique=True),
    )

    organisation_id: int = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    audit_id: uuid.UUID
    # Names the sheet on paper. It gives no access.
    code: str = Field(max_length=8)
    works_well: str = Field(default="", sa_type=LongText)
    think_about: str = Field(default="", sa_type=LongText)
    # The themes that fell short when the sheet was written, with a space between two.
    themes: str = Field(default="", sa_type=LongText)
    given_by_id: uuid.UUID
    given_on: date
    # When a quality lead let the team of the case read it.
    shared_at: datetime | None = None
    shared_by_id: uuid.UUID | None = None
    # In the practitioner's own words. `typed_by_id`: who typed it in from paper; nobody for the one-time page.
    reflection: str = Field(default="", sa_type=LongText)
    reflected_at: datetime | None = None
    typed_by_id: uuid.UUID | None = None
    version: int = 1


class FeedbackLink(SQLModel, table=True):
    """A link with which the practitioner reads a sheet and writes their reflection, once and without an account."""

    __tablename__ = "feedback_link"
    __table_args__ = (
        belongs_to("feedback_sheet", "sheet_id"),
        belongs_to(Person, "made_by_id"),
        CheckConstraint("expires_at > made_at", name="expires_after_it_is_made"),
        Index("ix_feedback_link_sheet", "sheet_id", "organisation_id"),
    )

    secret_hash: str = Field(primary_key=True, max_length=64)
    organisation_id: int
    sheet_id: uuid.UUID
    made_by_id: uuid.UUID
    made_at: datetime = Field(default_factory=now)
    expires_at: datetime
    # When it was used, or another took its place.
    ended_at: datetime | None = None


class Representation(SQLModel, table=True):
    """That the team of an audited case disagrees with the answer to a theme, and the moderator's decision."""

    __table_args__ = (
        belongs_to(Audit, "audit_id"),
        belongs_to(Person, "made_by_id"),
        belongs_to(Person, "decided_by_id"),
        CheckConstraint("theme <> '' AND words <> ''", name="disagrees_with_reasons"),
        CheckConstraint("decided_at IS NULL OR decided_by_id IS NOT NULL", name="decided_by_somebody"),
        CheckConstraint("(decided_at IS NULL) = (upheld IS NULL)", name="decided_one_way"),
        CheckConstraint("(decided_at IS NULL) = (decision = '')", name="decided_with_reasons"),
        CheckConstraint("made_by_id <> decided_by_id", name="decided_by_another"),
        {"sqlite_with_rowid": False},
    )

    organisation_id: int = Field(primary_key=True)
    audit_id: uuid.UUID = Field(primary_key=True)
    theme: str = Field(primary_key=True, max_length=60)
    words: str = Field(sa_type=LongText)
    # The answer in force at the time: an answer that is changed later does not change what was disagreed with.
    answer: str = Field(max_length=40)
    made_by_id: uuid.UUID
    made_at: datetime = Field(default_factory=now)
    # Written down by a quality lead, as the team gave it on paper.
    on_paper: bool = False
    upheld: bool | None = None
    decision: str = Field(default="", sa_type=LongText)
    decided_by_id: uuid.UUID | None = None
    decided_at: datetime | None = None
