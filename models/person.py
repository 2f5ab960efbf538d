"""A person who signs in, and the roles they hold."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from models.base import belongs_to, new_id, now, words_of


class Role(StrEnum):
    AUDITOR = "auditor"
    MODERATOR = "moderator"
    QUALITY_LEAD = "quality-lead"
    ADMINISTRATOR = "administrator"

    @property
    def label(self) -> str:
        return self.value.replace("-", " ").capitalize()


class ScoringLayout(StrEnum):
    """How an auditor likes the form: a page a theme, or a page a learning domain."""

    THEME = "theme"
    LEARNING_DOMAIN = "learning-domain"


class Person(SQLModel, table=True):
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_is_lower_case"),)

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    # One address, one person, in the whole service: signing in names no organisation.
    email: str = Field(max_length=254, unique=True)
    name: str = Field(max_length=80)
    password_hash: str | None = Field(default=None, max_length=200)
    active: bool = True
    scoring_layout: ScoringLayout = Field(
        default=ScoringLayout.THEME, sa_type=words_of(ScoringLayout, "scoring_layout")
    )
    version: int = 1
    created_at: datetime = Field(default_factory=now)


class RoleGrant(SQLModel, table=True):
    __tablename__ = "role_grant"
    __table_args__ = (belongs_to("person", "person_id"),)

    organisation_id: int = Field(primary_key=True)
    person_id: uuid.UUID = Field(primary_key=True)
    role: Role = Field(primary_key=True, sa_type=words_of(Role, "role"))
