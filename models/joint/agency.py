"""An agency of an organisation's partnership, who belongs to it, and what it is asked of a template."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.audits.template import Template
from models.base import LongText, belongs_to, new_id, now
from models.people.person import Person


class Agency(SQLModel, table=True):
    """An agency that answers for its own records in joint audits, such as the police or a health trust."""

    __table_args__ = (
        UniqueConstraint("name", "organisation_id"),
        CheckConstraint("name <> ''", name="agency_has_a_name"),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    name: str = Field(max_length=80)
    # Whether a new joint round can include it.
    active: bool = True
    # Also of what it is asked: see AgencyTheme.
    version: int = 1
    created_at: datetime = Field(default_factory=now)


class AgencyMember(SQLModel, table=True):
    """The one agency to which a person belongs."""

    __tablename__ = "agency_member"
    __table_args__ = (
        belongs_to(Person, "person_id"),
        belongs_to("agency", "agency_id"),
        Index("ix_agency_member_agency", "agency_id", "organisation_id"),
    )

    organisation_id: int = Field(primary_key=True)
    person_id: uuid.UUID = Field(primary_key=True)
    agency_id: uuid.UUID


class AgencyTheme(SQLModel, table=True):
    """How an agency is asked a theme, for every version of a template. No row: in the words of the template."""

    __tablename__ = "agency_theme"
    __table_args__ = (belongs_to(Template, "template_id"), belongs_to("agency", "agency_id"))

    organisation_id: int = Field(primary_key=True)
    template_id: uuid.UUID = Field(primary_key=True)
    agency_id: uuid.UUID = Field(primary_key=True)
    theme: str = Field(primary_key=True, max_length=60)
    asked: bool = True
    # The theme in the agency's own words; empty for the prompts of the template.
    words: str = Field(sa_type=LongText)
