"""A recommendation: what a published review, an inspection or the organisation itself says should change."""

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, text
from sqlmodel import Field, SQLModel

from models.audits.template import belongs_to_version
from models.base import LongText, belongs_to, enum_column, new_id, now
from models.people.person import Person


class SourceKind(StrEnum):
    """What a recommendation is from."""

    RAPID_REVIEW = "rapid-review"
    LCSPR = "lcspr"
    SCR = "scr"
    INSPECTION = "inspection"
    BRIEFING = "briefing"
    OWN = "own"

    @property
    def label(self) -> str:
        return {
            "rapid-review": "Rapid review",
            "lcspr": "Local child safeguarding practice review",
            "scr": "Serious case review",
            "inspection": "Inspection letter",
            "briefing": "Briefing",
            "own": "Our own",
        }[self.value]


class Recommendation(SQLModel, table=True):
    __table_args__ = (
        belongs_to_version("recommendation"),
        belongs_to(Person, "owner_id"),
        belongs_to(Person, "created_by_id"),
        belongs_to(Person, "answered_by_id"),
        CheckConstraint("words <> ''", name="recommendation_has_words"),
        CheckConstraint("source <> ''", name="recommendation_has_a_source"),
        CheckConstraint("(owner_id IS NULL) = (owner_post <> '')", name="one_owner"),
        CheckConstraint("(answered_on IS NULL) = (answer = '')", name="answered_says_how"),
        CheckConstraint("(answered_on IS NULL) = (answered_by_id IS NULL)", name="answered_by_somebody"),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    source_kind: SourceKind = Field(sa_type=enum_column(SourceKind, "source_kind"))
    # The title of the review or document, and its date.
    source: str = Field(max_length=200)
    source_on: date
    words: str = Field(sa_type=LongText)
    # The sentence of the source that it comes from, and its place there; empty for one that somebody typed.
    sentence: str = Field(default="", sa_type=LongText, sa_column_kwargs={"server_default": text("''")})
    place: str = Field(default="", max_length=200, sa_column_kwargs={"server_default": text("''")})
    # The themes that it bears on, of a template version, by their keys with a space between two.
    template_id: uuid.UUID | None = None
    template_version: int | None = None
    themes: str = Field(default="", sa_type=LongText)
    # Who answers for it, and by when it should be done.
    owner_id: uuid.UUID | None = None
    owner_post: str = Field(default="", max_length=120)
    due_on: date
    # How the organisation knows that it was acted on.
    answer: str = Field(default="", sa_type=LongText)
    answered_on: date | None = None
    answered_by_id: uuid.UUID | None = None
    created_at: datetime = Field(default_factory=now)
    created_by_id: uuid.UUID
    version: int = 1
