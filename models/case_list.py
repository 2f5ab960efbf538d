"""A case list that was taken in: which cases a council had on one day, under pseudonyms."""

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from checklists.cases import AgeBand, CaseStatus, Category
from models.base import belongs_to, new_id, now, words_of


class CaseList(SQLModel, table=True):
    __tablename__ = "case_list"
    __table_args__ = (
        CheckConstraint("cases > 0 AND made >= 0 AND made <= cases", name="counts_up"),
        UniqueConstraint("digest", "organisation_id"),
        Index("ix_case_list_taken", "organisation_id", "taken_at"),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    # The day on which the case system made the list.
    listed_on: date
    source: str = Field(max_length=40)
    key_id: str = Field(max_length=16)
    cases: int
    # How many of them were new here.
    made: int
    # SHA-256 of the list as it was taken in: the same list is taken once.
    digest: str = Field(max_length=64)
    taken_at: datetime = Field(default_factory=now)


class CaseListEntry(SQLModel, table=True):
    """A case as it stood on the day of the list: what a sample is drawn from, whatever becomes of the case later."""

    __tablename__ = "case_list_entry"
    __table_args__ = (
        belongs_to("case_list", "case_list_id"),
        belongs_to("case_file", "case_file_id"),
        belongs_to("team", "team_id"),
    )

    organisation_id: int = Field(primary_key=True)
    case_list_id: uuid.UUID = Field(primary_key=True)
    case_file_id: uuid.UUID = Field(primary_key=True)
    # As this list gave it: the case file's own changes with the key.
    reference: str = Field(max_length=32)
    team_id: uuid.UUID
    status: CaseStatus = Field(sa_type=words_of(CaseStatus, "status"))
    age_band: AgeBand = Field(sa_type=words_of(AgeBand, "age_band"))
    category: Category | None = Field(default=None, sa_type=words_of(Category, "category"))
    worker: str = Field(default="", max_length=32)
    started_in: date | None = None
    closed_in: date | None = None


class ReadingChoice(SQLModel, table=True):
    """What a person answered once about a council's own table, such as which column is the team: asked once."""

    __tablename__ = "reading_choice"

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    key: str = Field(primary_key=True, max_length=120)
    answer: str = Field(max_length=120)
