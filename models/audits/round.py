"""A round: one planned cycle of audits, and its tallies once they are counted."""

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, Session, SQLModel

from checklists.templates.template import Template as TemplateContent
from models.audits.template import belongs_to_version, content_in_scope
from models.base import LongText, belongs_to, enum_column, new_id, now


class RoundState(StrEnum):
    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"


class Round(SQLModel, table=True):
    __table_args__ = (
        belongs_to_version("round"),
        belongs_to("round", "follows_id"),
        CheckConstraint("period_from <= period_to", name="period_runs_forward"),
        CheckConstraint("read_from IS NULL OR read_from <= period_from", name="read_before_the_period"),
        CheckConstraint("target_percent BETWEEN 1 AND 100", name="target_is_a_percentage"),
        CheckConstraint("lowest_percent BETWEEN 0 AND 99", name="lowest_is_a_percentage"),
        CheckConstraint("minimum_applicable BETWEEN 1 AND 1000", name="minimum_is_positive"),
        CheckConstraint("follows_id IS NULL OR follows_id <> id", name="does_not_follow_itself"),
        CheckConstraint("(state = 'planned') = (opened_at IS NULL)", name="opened_has_a_time"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_has_a_time"),
        Index("ix_round_created", "organisation_id", "created_at"),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    title: str = Field(max_length=120)
    template_id: uuid.UUID
    template_version: int
    period_from: date
    period_to: date
    # The day from which the file is read, when that is before the period that is judged.
    read_from: date | None = None
    due_on: date
    # The share of applicable answers that should meet the standard, as a whole percentage; None without a target yet.
    target_percent: int | None = None
    # The largest share of them that should be at the lowest rating, as a whole percentage; None without such a target.
    lowest_percent: int | None = None
    # With fewer applicable answers than this, a theme is too few to say.
    minimum_applicable: int = 5
    follows_id: uuid.UUID | None = None
    # The themes that it asks about: keys in the order of the template, separated by spaces; empty for all of them.
    scope: str = Field(default="", sa_type=LongText, sa_column_kwargs={"server_default": text("''")})
    state: RoundState = Field(default=RoundState.PLANNED, sa_type=enum_column(RoundState, "state"))
    version: int = 1
    created_at: datetime = Field(default_factory=now)
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    # How much was unfinished when it was closed, by kind, and why it was closed nevertheless: see docs/rounds.md.
    unfinished: str = Field(default="", sa_type=LongText, sa_column_kwargs={"server_default": text("''")})
    closing_reason: str = Field(default="", sa_type=LongText, sa_column_kwargs={"server_default": text("''")})

    def content(self, session: Session) -> TemplateContent | None:
        """What it asks: its template version with the themes of its scope; None while the version is a draft."""
        return content_in_scope(session, self.organisation_id, self.template_id, self.template_version, self.scope)


class RoundTally(SQLModel, table=True):
    """The counts behind a closed round's gap report, whole or by one breakdown. A closed round never changes."""

    __tablename__ = "round_tally"
    __table_args__ = (belongs_to("round", "round_id"),)

    organisation_id: int = Field(primary_key=True)
    round_id: uuid.UUID = Field(primary_key=True)
    breakdown: str = Field(primary_key=True, max_length=80)
    counts: str = Field(sa_type=LongText)
