"""A joint round: several agencies answer for the same cases, each for its own records."""

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from checklists.joint.states import JointRoundState
from models.audits.template import belongs_to_version
from models.base import LongText, belongs_to, enum_column, new_id, now
from models.joint.agency import Agency


class JointRound(SQLModel, table=True):
    """What agencies are asked about which period, and until when."""

    __tablename__ = "joint_round"
    __table_args__ = (
        belongs_to_version("joint_round"),
        CheckConstraint("period_from <= period_to", name="period_runs_forward"),
        CheckConstraint("(state = 'planned') = (opened_at IS NULL)", name="opened_has_a_time"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_has_a_time"),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    title: str = Field(max_length=120)
    template_id: uuid.UUID
    template_version: int
    # The agencies that take part: identifiers, separated by spaces.
    agencies: str = Field(sa_type=LongText)
    period_from: date
    period_to: date
    due_on: date
    state: JointRoundState = Field(default=JointRoundState.PLANNED, sa_type=enum_column(JointRoundState, "state"))
    version: int = 1
    created_at: datetime = Field(default_factory=now)
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    # Why it was closed although the panels of some cases were not finished.
    closing_reason: str = Field(default="", sa_type=LongText)


class JointQuestion(SQLModel, table=True):
    """What an agency is asked in a joint round: a copy made when the round was opened, which never changes."""

    __tablename__ = "joint_question"
    __table_args__ = (belongs_to("joint_round", "joint_round_id"), belongs_to(Agency, "agency_id"))

    organisation_id: int = Field(primary_key=True)
    joint_round_id: uuid.UUID = Field(primary_key=True)
    agency_id: uuid.UUID = Field(primary_key=True)
    theme: str = Field(primary_key=True, max_length=60)
    # In the agency's own words; empty for the prompts of the template.
    words: str = Field(sa_type=LongText)


class JointReminderKind(StrEnum):
    """What a reminder of a joint round says."""

    DUE_SOON = "due-soon"
    OVERDUE = "overdue"


class JointReminder(SQLModel, table=True):
    """A reminder that the people of the agencies were given: its key, so that none is given twice."""

    __tablename__ = "joint_reminder"
    __table_args__ = (belongs_to("joint_round", "joint_round_id"), {"sqlite_with_rowid": False})

    organisation_id: int = Field(primary_key=True)
    joint_round_id: uuid.UUID = Field(primary_key=True)
    kind: JointReminderKind = Field(primary_key=True, sa_type=enum_column(JointReminderKind, "kind"))
    given_at: datetime = Field(default_factory=now)
