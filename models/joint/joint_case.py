"""A case of a joint round: one part for each agency, and what the panel made of them together."""

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from checklists.joint.states import ChronologyKind, JointCaseState, PartState
from models.base import LongText, belongs_to, enum_column, new_id
from models.cases.case_file import StoredCaseFile
from models.joint.agency import Agency
from models.joint.joint_round import JointRound
from models.people.person import Person


class JointCase(SQLModel, table=True):
    """A case that agencies answer for, with the panel's grade and words, and the practitioners' event."""

    __tablename__ = "joint_case"
    __table_args__ = (
        belongs_to(JointRound, "joint_round_id"),
        belongs_to(StoredCaseFile, "case_file_id"),
        UniqueConstraint("joint_round_id", "case_file_id", "organisation_id"),
        Index("ix_joint_case_case_file", "case_file_id", "organisation_id"),
        CheckConstraint("state <> 'finished' OR (panel_on IS NOT NULL AND words <> '')", name="finished_has_words"),
    )

    organisation_id: int = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    joint_round_id: uuid.UUID
    case_file_id: uuid.UUID
    state: JointCaseState = Field(default=JointCaseState.COLLECTING, sa_type=enum_column(JointCaseState, "state"))
    # Of the panel: its day, the rating it agreed on, empty for none, and why.
    panel_on: date | None = None
    grade: str = Field(default="", max_length=40)
    words: str = Field(default="", sa_type=LongText)
    # The event with the practitioners of the case: its day, and what they said.
    practitioners_on: date | None = None
    practitioners_words: str = Field(default="", sa_type=LongText)
    version: int = 1


class JointPart(SQLModel, table=True):
    """What one agency's own records show of a case."""

    __tablename__ = "joint_part"
    __table_args__ = (
        belongs_to("joint_case", "joint_case_id"),
        belongs_to(Agency, "agency_id"),
        belongs_to(Person, "auditor_id"),
        UniqueConstraint("joint_case_id", "agency_id", "organisation_id"),
        Index("ix_joint_part_auditor", "auditor_id", "organisation_id"),
        CheckConstraint("(state = 'submitted') = (submitted_at IS NOT NULL)", name="submitted_has_a_time"),
        CheckConstraint("state <> 'submitted' OR auditor_id IS NOT NULL", name="submitted_by_somebody"),
    )

    organisation_id: int = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    joint_case_id: uuid.UUID
    agency_id: uuid.UUID
    # The person of the agency who answers; nothing until one is chosen.
    auditor_id: uuid.UUID | None = None
    state: PartState = Field(default=PartState.DRAFT, sa_type=enum_column(PartState, "state"))
    # Whether the agency's records know the child.
    known: bool = True
    submitted_at: datetime | None = None
    # The posts of the agency's people who took part in the panel; never names.
    took_part: str = Field(default="", sa_type=LongText)
    version: int = 1


class JointAnswer(SQLModel, table=True):
    """An agency's answer to a theme of a case, with what its records show."""

    __tablename__ = "joint_answer"
    __table_args__ = (
        belongs_to("joint_part", "joint_part_id"),
        CheckConstraint("answer <> ''", name="answer_is_given"),
        {"sqlite_with_rowid": False},
    )

    organisation_id: int = Field(primary_key=True)
    joint_part_id: uuid.UUID = Field(primary_key=True)
    theme: str = Field(primary_key=True, max_length=60)
    answer: str = Field(max_length=40)
    words: str = Field(sa_type=LongText)


class ChronologyEntry(SQLModel, table=True):
    """What happened in a month by an agency's records, in words without names."""

    __tablename__ = "chronology_entry"
    __table_args__ = (
        belongs_to("joint_part", "joint_part_id"),
        CheckConstraint("words <> ''", name="entry_has_words"),
        {"sqlite_with_rowid": False},
    )

    organisation_id: int = Field(primary_key=True)
    joint_part_id: uuid.UUID = Field(primary_key=True)
    place: int = Field(primary_key=True)
    # The first day of the month: a whole date could identify a child.
    month: date
    kind: ChronologyKind = Field(sa_type=enum_column(ChronologyKind, "kind"))
    words: str = Field(sa_type=LongText)


class JointFinding(SQLModel, table=True):
    """What a panel found of a theme of a case."""

    __tablename__ = "joint_finding"
    __table_args__ = (belongs_to("joint_case", "joint_case_id"), {"sqlite_with_rowid": False})

    organisation_id: int = Field(primary_key=True)
    joint_case_id: uuid.UUID = Field(primary_key=True)
    theme: str = Field(primary_key=True, max_length=60)
    strengths: str = Field(sa_type=LongText)
    development: str = Field(sa_type=LongText)
    recommendations: str = Field(sa_type=LongText)
