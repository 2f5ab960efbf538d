"""Coding: what people found in the passages that auditors of a round wrote."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.audits.audit import Audit
from models.audits.round import Round
from models.base import LongText, belongs_to, new_id, now
from models.people.person import Person


class PassageCode(SQLModel, table=True):
    """A short label that people give to passages of a round."""

    __tablename__ = "passage_code"
    __table_args__ = (
        belongs_to(Round, "round_id"),
        belongs_to("passage_code", "carried_from_id"),
        belongs_to(Person, "created_by_id"),
        CheckConstraint("name <> ''", name="code_has_a_name"),
        # No index led by the organisation: see `belongs_to`.
        UniqueConstraint("round_id", "organisation_id", "name"),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    round_id: uuid.UUID
    name: str = Field(max_length=60)
    meaning: str = Field(default="", sa_type=LongText)
    # The code of an earlier round that it was taken from.
    carried_from_id: uuid.UUID | None = None
    created_by_id: uuid.UUID
    created_at: datetime = Field(default_factory=now)
    version: int = 1


class CodedPassage(SQLModel, table=True):
    """A code that a person gave to a passage: see `checklists.passages.parts`."""

    __tablename__ = "coded_passage"
    __table_args__ = (
        belongs_to(Audit, "audit_id"),
        belongs_to("passage_code", "code_id"),
        belongs_to(Person, "coder_id"),
        CheckConstraint("part <> ''", name="of_a_part"),
        CheckConstraint("given OR given_blind", name="given_now_or_blind"),
        Index("ix_coded_passage_code", "code_id", "organisation_id"),
        {"sqlite_with_rowid": False},
    )

    organisation_id: int = Field(primary_key=True)
    audit_id: uuid.UUID = Field(primary_key=True)
    # Empty for a passage about the whole audit.
    theme: str = Field(primary_key=True, max_length=60)
    part: str = Field(primary_key=True, max_length=40)
    code_id: uuid.UUID = Field(primary_key=True)
    coder_id: uuid.UUID = Field(primary_key=True)
    # Whether it is given now, and whether it was when the coder finished the theme, before they saw others' codes.
    given: bool = True
    given_blind: bool = False
    # The beginning of the SHA-256 of the passage as the coder read it.
    digest: str = Field(max_length=16)


class FinishedCoding(SQLModel, table=True):
    """Marks that a person has coded a theme of a round. Only then do they see others' codes, and others see theirs."""

    __tablename__ = "finished_coding"
    __table_args__ = (
        belongs_to(Round, "round_id"),
        belongs_to(Person, "coder_id"),
        {"sqlite_with_rowid": False},
    )

    organisation_id: int = Field(primary_key=True)
    round_id: uuid.UUID = Field(primary_key=True)
    theme: str = Field(primary_key=True, max_length=60)
    coder_id: uuid.UUID = Field(primary_key=True)
    finished_at: datetime = Field(default_factory=now)


class WrittenFinding(SQLModel, table=True):
    """A finding about a theme in one sentence, with the code whose count is shown with it."""

    __tablename__ = "written_finding"
    __table_args__ = (
        belongs_to(Round, "round_id"),
        belongs_to("passage_code", "code_id"),
        belongs_to(Person, "created_by_id"),
        CheckConstraint("words <> ''", name="finding_has_words"),
        Index("ix_written_finding_round", "round_id", "organisation_id"),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    round_id: uuid.UUID
    theme: str = Field(default="", max_length=60)
    code_id: uuid.UUID | None = None
    words: str = Field(sa_type=LongText)
    # An example in the words of the finding's author, never a passage itself.
    example: str = Field(default="", sa_type=LongText)
    created_by_id: uuid.UUID
    created_at: datetime = Field(default_factory=now)
    version: int = 1
