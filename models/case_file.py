"""A case file: a pseudonymous reference with bands. Never a name, a birth date, an address or a number of a person."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.base import belongs_to, new_id, now, words_of


class CaseStatus(StrEnum):
    EARLY_HELP = "early-help"
    CHILD_IN_NEED = "child-in-need"
    CHILD_PROTECTION_PLAN = "child-protection-plan"
    CHILD_LOOKED_AFTER = "child-looked-after"
    CARE_LEAVER = "care-leaver"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        return self.value.replace("-", " ").capitalize()


class AgeBand(StrEnum):
    """Bands as in the children in need and looked-after statistics, with unborn children apart."""

    UNBORN = "unborn"
    UNDER_1 = "under-1"
    FROM_1_TO_4 = "1-to-4"
    FROM_5_TO_9 = "5-to-9"
    FROM_10_TO_15 = "10-to-15"
    FROM_16_TO_17 = "16-to-17"
    OVER_17 = "18-and-over"
    NOT_KNOWN = "not-known"

    @property
    def label(self) -> str:
        return self.value.replace("-", " ").capitalize()


class CaseFile(SQLModel, table=True):
    __tablename__ = "case_file"
    __table_args__ = (
        # Neither of the two is led by the organisation: see `belongs_to`.
        UniqueConstraint("reference", "organisation_id"),
        belongs_to("team", "team_id"),
        Index("ix_case_file_team", "team_id", "organisation_id"),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    reference: str = Field(max_length=32)
    team_id: uuid.UUID
    status: CaseStatus = Field(sa_type=words_of(CaseStatus, "status"))
    age_band: AgeBand = Field(sa_type=words_of(AgeBand, "age_band"))
    version: int = 1
    created_at: datetime = Field(default_factory=now)


class CaseFileHarm(SQLModel, table=True):
    """A form of harm that a case file is tagged with."""

    __tablename__ = "case_file_harm"
    __table_args__ = (belongs_to("case_file", "case_file_id"),)

    organisation_id: int = Field(primary_key=True)
    case_file_id: uuid.UUID = Field(primary_key=True)
    form_of_harm: str = Field(primary_key=True, max_length=60)
