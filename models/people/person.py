"""A person who signs in, and the roles they hold."""

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, false, text, true
from sqlmodel import Field, SQLModel

from models.base import belongs_to, enum_column, new_id, now
from models.people.team import StoredTeam


class Role(StrEnum):
    AUDITOR = "auditor"
    MODERATOR = "moderator"
    QUALITY_LEAD = "quality-lead"
    ADMINISTRATOR = "administrator"
    ACTION_OWNER = "action-owner"
    AGENCY_AUDITOR = "agency-auditor"

    @property
    def label(self) -> str:
        return self.value.replace("-", " ").capitalize()


class ScoringLayout(StrEnum):
    """The form layout that an auditor prefers: a page a theme, or a page a learning domain."""

    THEME = "theme"
    LEARNING_DOMAIN = "learning-domain"


class Person(SQLModel, table=True):
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_is_lower_case"),
        CheckConstraint("most_audits >= 0", name="most_audits_counts_up"),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    # One address, one person, in the whole service: signing in names no organisation.
    email: str = Field(max_length=254, unique=True)
    name: str = Field(max_length=80)
    password_hash: str | None = Field(default=None, max_length=200)
    active: bool = True
    scoring_layout: ScoringLayout = Field(
        default=ScoringLayout.THEME, sa_type=enum_column(ScoringLayout, "scoring_layout")
    )
    # Whether the person chose the layout; otherwise it follows from the number of themes of each template.
    chose_layout: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    # The pseudonym under which case lists name this person as a worker; empty when they hold no cases.
    worker: str = Field(default="", max_length=32, sa_column_kwargs={"server_default": text("''")})
    # The most audits of one round that this person gets; None without a limit.
    most_audits: int | None = None
    # Whether emails say that there are notices; those of urgent concerns are sent anyway.
    notice_mail: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
    version: int = 1
    created_at: datetime = Field(default_factory=now)


class RoleGrant(SQLModel, table=True):
    __tablename__ = "role_grant"
    __table_args__ = (belongs_to("person", "person_id"),)

    organisation_id: int = Field(primary_key=True)
    person_id: uuid.UUID = Field(primary_key=True)
    role: Role = Field(primary_key=True, sa_type=enum_column(Role, "role"))


class TeamMember(SQLModel, table=True):
    """A team that a person works in or is responsible for: they do not audit its cases."""

    __tablename__ = "team_member"
    __table_args__ = (belongs_to("person", "person_id"), belongs_to(StoredTeam, "team_id"))

    organisation_id: int = Field(primary_key=True)
    person_id: uuid.UUID = Field(primary_key=True)
    team_id: uuid.UUID = Field(primary_key=True)


class Absence(SQLModel, table=True):
    """Days on which a person gets no audits."""

    __table_args__ = (
        belongs_to("person", "person_id"),
        CheckConstraint("first_day <= last_day", name="absence_runs_forward"),
    )

    organisation_id: int = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    person_id: uuid.UUID
    first_day: date
    last_day: date
