"""The cases of an imported case list, as they were on its day."""

import uuid
from datetime import date

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from models.base import KeyOfList, belongs_to, never_empty
from models.cases.case_file import StoredCaseFile
from models.cases.case_list import StoredCaseList
from models.people.team import StoredTeam


class CaseListEntry(SQLModel, table=True):
    """A case as it was on the day of the list: what a sample is drawn from, whatever happens to the case later."""

    __tablename__ = "case_list_entry"
    __table_args__ = (
        belongs_to(StoredCaseList, "case_list_id"),
        belongs_to(StoredCaseFile, "case_file_id"),
        belongs_to(StoredTeam, "team_id"),
        *never_empty("status", "age_band", "category"),
        # Shows whether a case file that is to be removed is on another list.
        Index("ix_case_list_entry_case_file", "case_file_id", "organisation_id"),
    )

    organisation_id: int = Field(primary_key=True)
    case_list_id: uuid.UUID = Field(primary_key=True)
    case_file_id: uuid.UUID = Field(primary_key=True)
    # The reference in this list: the case file's own reference changes with the key.
    reference: str = Field(max_length=32)
    team_id: uuid.UUID
    status: str = Field(sa_type=KeyOfList)
    age_band: str = Field(sa_type=KeyOfList)
    category: str | None = Field(default=None, sa_type=KeyOfList)
    worker: str = Field(default="", max_length=32)
    started_in: date | None = None
    closed_in: date | None = None
    re_referral: bool | None = None
    counts: str = Field(default="", max_length=80, sa_column_kwargs={"server_default": text("''")})
