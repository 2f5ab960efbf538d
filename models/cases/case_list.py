"""An imported case list: the cases of a council on one day, under pseudonyms."""

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.base import belongs_to, enum_column, new_id, now
from models.people.person import Person
from models.storage.shown import VisibleView


class ImportState(StrEnum):
    """The state of a list's import. From settling on everybody sees all of it."""

    # Its pieces are being stored.
    STORING = "storing"
    # What was stored of it is being removed.
    GIVEN_UP = "given-up"
    # Its changes of known case files are being written into them.
    SETTLING = "settling"
    SETTLED = "settled"


_UNDER_WAY = text("state <> 'settled'")


class _OfList(SQLModel):
    # The day on which the case system made the list.
    listed_on: date
    source: str = Field(max_length=40)
    key_id: str = Field(max_length=16)
    cases: int
    # How many of them were new here.
    made: int
    # SHA-256 of the imported list: the same list is imported once.
    digest: str = Field(max_length=64)


class StoredCaseList(_OfList, table=True):
    """A case list for writing, also during its import. Readers use `CaseList`."""

    __tablename__ = "case_list"
    __table_args__ = (
        CheckConstraint("cases > 0 AND made >= 0 AND made <= cases", name="counts_up"),
        CheckConstraint("stored >= 0 AND stored <= cases", name="stored_counts_up"),
        UniqueConstraint("digest", "organisation_id"),
        Index("ix_case_list_taken", "organisation_id", "taken_at"),
        Index(
            "uq_case_list_one_under_way",
            "organisation_id",
            unique=True,
            sqlite_where=_UNDER_WAY,
            postgresql_where=_UNDER_WAY,
        ),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    # While it is being imported: when that began.
    taken_at: datetime = Field(default_factory=now)
    state: ImportState = Field(
        default=ImportState.SETTLED,
        sa_type=enum_column(ImportState, "state"),
        sa_column_kwargs={"server_default": text("'settled'")},
    )
    # How many of its cases have been stored so far.
    stored: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})


class CaseList(_OfList, VisibleView, table=True):
    """An imported case list."""

    __tablename__ = "shown_case_list"

    organisation_id: int = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    taken_at: datetime


class CaseListDraft(SQLModel, table=True):
    """A list that a person previewed on the page, under pseudonyms, until they import it or preview another."""

    __tablename__ = "case_list_draft"
    __table_args__ = (belongs_to(Person, "person_id"), Index("ix_case_list_draft_made_at", "made_at"))

    organisation_id: int = Field(primary_key=True)
    person_id: uuid.UUID = Field(primary_key=True)
    digest: str = Field(max_length=64)
    # The compressed file of the list.
    content: bytes
    made_at: datetime = Field(default_factory=now)


class ReadingChoice(SQLModel, table=True):
    """A person's answer about a council's own table, for example which column is the team, so that it is asked once."""

    __tablename__ = "reading_choice"

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    key: str = Field(primary_key=True, max_length=120)
    answer: str = Field(max_length=120)
