"""What became of a planned round of an audit programme: planned as a round, passed over, or exempt."""

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from models.audits.round import Round
from models.base import LongText, belongs_to, enum_column, now
from models.joint.joint_round import JointRound
from models.people.person import Person
from models.programme.programme_line import ProgrammeLine


class PlannedState(StrEnum):
    MADE = "made"
    # Its line was paused when it should have been planned.
    PASSED_OVER = "passed-over"
    EXEMPTION_ASKED = "exemption-asked"
    EXEMPT = "exempt"


class ProgrammeRound(SQLModel, table=True):
    """One round of a line by the day on which it begins: its key, so that none is made twice.

    A round of the plan without a row is still to come.
    """

    __tablename__ = "programme_round"
    __table_args__ = (
        belongs_to(ProgrammeLine, "line_id"),
        belongs_to(Round, "round_id"),
        belongs_to(JointRound, "joint_round_id"),
        belongs_to(Person, "asked_by_id"),
        belongs_to(Person, "decided_by_id"),
        CheckConstraint("expected >= 0", name="expected_counts_up"),
        CheckConstraint("state <> 'made' OR (round_id IS NULL) <> (joint_round_id IS NULL)", name="made_has_a_round"),
        CheckConstraint(
            "state NOT IN ('exemption-asked', 'exempt') OR (asked_by_id IS NOT NULL AND reason <> '')",
            name="exemption_has_a_reason",
        ),
        CheckConstraint("state <> 'exempt' OR decided_by_id IS NOT NULL", name="exempt_by_somebody"),
        CheckConstraint("decided_by_id IS NULL OR decided_by_id <> asked_by_id", name="exempt_by_another"),
    )

    organisation_id: int = Field(primary_key=True)
    line_id: uuid.UUID = Field(primary_key=True)
    starts_on: date = Field(primary_key=True)
    state: PlannedState = Field(sa_type=enum_column(PlannedState, "state"))
    # How many audits the plan expected of it when this was decided.
    expected: int
    # The joint round, for a line with agencies.
    round_id: uuid.UUID | None = None
    joint_round_id: uuid.UUID | None = None
    # The job that draws its sample. Without a foreign key: jobs are deleted when they are old.
    job_id: uuid.UUID | None = None
    made_at: datetime = Field(default_factory=now)
    # Why the round should be exempt, who asked for that, and who else approved it.
    reason: str = Field(default="", sa_type=LongText)
    asked_by_id: uuid.UUID | None = None
    decided_by_id: uuid.UUID | None = None
