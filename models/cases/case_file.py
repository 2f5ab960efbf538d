"""A case file: a pseudonymous reference with bands. Never a name, a birth date, an address or a number of a person."""

import uuid
from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.base import KeyOfList, LongText, belongs_to, never_empty, new_id, now
from models.cases.case_list import StoredCaseList
from models.people.team import StoredTeam
from models.storage.shown import VisibleView


class _CaseAttributes(SQLModel):
    """The attributes of a case that may change with each list."""

    reference: str = Field(max_length=32)
    team_id: uuid.UUID
    # Keys of the lists that are built in, or that a template of the organisation has.
    status: str = Field(sa_type=KeyOfList)
    age_band: str = Field(sa_type=KeyOfList)
    category: str | None = Field(default=None, sa_type=KeyOfList)
    # The allocated worker's pseudonym, so that nobody audits their own work; empty when not known.
    worker: str = Field(default="", max_length=32, sa_column_kwargs={"server_default": text("''")})
    # The first day of the month: a whole date could identify a child.
    started_in: date | None = None
    closed_in: date | None = None
    # Whether the latest referral came within twelve months of the one before; not known for many.
    re_referral: bool | None = None
    # How often things happened in twelve months: a line of `checklists.case_counts`, empty when nothing is known.
    counts: str = Field(default="", max_length=80, sa_column_kwargs={"server_default": text("''")})
    # Its groups by the organisation's characteristics, see `checklists.characteristics`; only the organisation's own
    # reports read them.
    characteristics: str = Field(default="", sa_type=LongText, sa_column_kwargs={"server_default": text("''")})
    # The key of the reference; empty for a reference made here.
    key_id: str = Field(default="", max_length=16, sa_column_kwargs={"server_default": text("''")})


class StoredCaseFile(_CaseAttributes, table=True):
    """A case file for writing. Readers use `CaseFile`."""

    __tablename__ = "case_file"
    __table_args__ = (
        # Neither index is led by the organisation: see `belongs_to`.
        UniqueConstraint("reference", "organisation_id"),
        belongs_to(StoredTeam, "team_id"),
        *never_empty("status", "age_band", "category"),
        Index("ix_case_file_team", "team_id", "organisation_id"),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    version: int = 1
    created_at: datetime = Field(default_factory=now)
    # The case list that it came with: nobody sees it until that is imported. None for a case file created manually.
    brought_by: uuid.UUID | None = None


class CaseFile(_CaseAttributes, VisibleView, table=True):
    """A case file as everybody may see it."""

    __tablename__ = "shown_case_file"

    organisation_id: int = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    version: int
    created_at: datetime


class CaseFileChange(_CaseAttributes, table=True):
    """A case list's change of a known case file, until it is written into the case file itself.

    It is visible from the moment at which the list is imported, and not before.
    """

    __tablename__ = "case_file_change"
    __table_args__ = (
        belongs_to("case_file", "case_file_id"),
        belongs_to(StoredCaseList, "case_list_id"),
        belongs_to(StoredTeam, "team_id"),
        *never_empty("status", "age_band", "category"),
    )

    organisation_id: int = Field(primary_key=True)
    case_file_id: uuid.UUID = Field(primary_key=True)
    case_list_id: uuid.UUID
    # The version of the case file after this change.
    version: int


class CaseFileHarm(SQLModel, table=True):
    """A form of harm of a case file."""

    __tablename__ = "case_file_harm"
    __table_args__ = (belongs_to("case_file", "case_file_id"),)

    organisation_id: int = Field(primary_key=True)
    case_file_id: uuid.UUID = Field(primary_key=True)
    form_of_harm: str = Field(primary_key=True, max_length=60)


class RemovedTag(SQLModel, table=True):
    """A tag that a person took off a case file: the category of a later case list does not give it again."""

    __tablename__ = "removed_tag"
    __table_args__ = (belongs_to("case_file", "case_file_id"),)

    organisation_id: int = Field(primary_key=True)
    case_file_id: uuid.UUID = Field(primary_key=True)
    form_of_harm: str = Field(primary_key=True, max_length=60)
