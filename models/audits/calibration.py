"""Calibration exercises: one practice case that many people score, to see how far they agree."""

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKeyConstraint
from sqlmodel import Field, SQLModel

from models.audits.template import belongs_to_version
from models.base import LongText, belongs_to, enum_column, new_id, now
from models.people.person import Person


class ExerciseState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class CalibrationExercise(SQLModel, table=True):
    """A made-up case, its template version, and its closing date. Never counted in any report of real cases."""

    __tablename__ = "calibration_exercise"
    __table_args__ = (
        belongs_to_version("calibration_exercise"),
        CheckConstraint("practice_case <> ''", name="has_a_case"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_has_a_time"),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    title: str = Field(max_length=200)
    template_id: uuid.UUID
    template_version: int
    practice_case: str = Field(sa_type=LongText)
    due_on: date
    state: ExerciseState = Field(default=ExerciseState.OPEN, sa_type=enum_column(ExerciseState, "state"))
    made_at: datetime = Field(default_factory=now)
    closed_at: datetime | None = None
    version: int = 1


class CalibrationReading(SQLModel, table=True):
    """One participant of an exercise, and whether they have submitted."""

    __tablename__ = "calibration_reading"
    __table_args__ = (
        belongs_to("calibration_exercise", "exercise_id"),
        belongs_to(Person, "person_id"),
    )

    organisation_id: int = Field(primary_key=True)
    exercise_id: uuid.UUID = Field(primary_key=True)
    person_id: uuid.UUID = Field(primary_key=True)
    handed_in_at: datetime | None = None
    version: int = 1


class CalibrationAnswer(SQLModel, table=True):
    """A participant's answer to one theme."""

    __tablename__ = "calibration_answer"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "exercise_id", "person_id"],
            [
                "calibration_reading.organisation_id",
                "calibration_reading.exercise_id",
                "calibration_reading.person_id",
            ],
        ),
        CheckConstraint("answer <> ''", name="has_an_answer"),
    )

    organisation_id: int = Field(primary_key=True)
    exercise_id: uuid.UUID = Field(primary_key=True)
    person_id: uuid.UUID = Field(primary_key=True)
    theme: str = Field(primary_key=True, max_length=60)
    answer: str = Field(max_length=40)
    rationale: str = Field(default="", sa_type=LongText)


class CalibrationAgreement(SQLModel, table=True):
    """The agreed answer to one theme, once all answers had been seen together, and its reason."""

    __tablename__ = "calibration_agreement"
    __table_args__ = (
        belongs_to("calibration_exercise", "exercise_id"),
        CheckConstraint("answer <> '' AND words <> ''", name="has_an_answer_and_words"),
    )

    organisation_id: int = Field(primary_key=True)
    exercise_id: uuid.UUID = Field(primary_key=True)
    theme: str = Field(primary_key=True, max_length=60)
    answer: str = Field(max_length=40)
    words: str = Field(sa_type=LongText)
