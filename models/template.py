"""An audit template and its numbered versions. A published version never changes."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.base import LongText, belongs_to, new_id, now, words_of


class TemplateVersionState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class Template(SQLModel, table=True):
    __table_args__ = (UniqueConstraint("organisation_id", "key"),)

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    key: str = Field(max_length=60)
    created_at: datetime = Field(default_factory=now)


class TemplateVersion(SQLModel, table=True):
    __tablename__ = "template_version"
    __table_args__ = (
        belongs_to("template", "template_id"),
        CheckConstraint("number >= 1", name="numbered_from_one"),
        CheckConstraint("(state = 'draft') = (published_at IS NULL)", name="published_has_a_time"),
        CheckConstraint("(state = 'retired') = (retired_at IS NOT NULL)", name="retired_has_a_time"),
    )

    organisation_id: int = Field(primary_key=True)
    template_id: uuid.UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    title: str = Field(max_length=200)
    state: TemplateVersionState = Field(
        default=TemplateVersionState.DRAFT, sa_type=words_of(TemplateVersionState, "state")
    )
    # The whole template as its canonical JSON file: what was published can be shown to be what is used.
    document: str = Field(sa_type=LongText)
    version: int = 1
    created_at: datetime = Field(default_factory=now)
    published_at: datetime | None = None
    retired_at: datetime | None = None
