"""A job: long work that somebody requested, done in the background, and its result."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from models.base import LongText, belongs_to, enum_column, new_id, now
from models.people.person import Person


class JobKind(StrEnum):
    CASE_LIST = "case-list"
    SAMPLE = "sample"
    ALLOCATION = "allocation"
    SNAPSHOT = "snapshot"
    JOINT_SAMPLE = "joint-sample"

    @property
    def label(self) -> str:
        return {
            "case-list": "Import case list",
            "sample": "Draw sample",
            "allocation": "Allocate audits",
            "snapshot": "Create snapshot",
            "joint-sample": "Draw sample of a joint audit",
        }[self.value]


class JobState(StrEnum):
    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        return "In progress" if self is JobState.WORKING else self.value.capitalize()

    @property
    def is_over(self) -> bool:
        return self in OVER


OVER: Final = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})


class Job(SQLModel, table=True):
    """Long work of one person or program, visible only to them. Its effect and completion are stored together."""

    __table_args__ = (
        belongs_to(Person, "person_id"),
        CheckConstraint("person_id IS NOT NULL OR token_id IS NOT NULL", name="asked_by_somebody"),
        CheckConstraint("size >= 0 AND attempts >= 0", name="counts_up"),
        CheckConstraint(
            "(state IN ('done', 'failed', 'cancelled')) = (finished_at IS NOT NULL)", name="over_has_a_time"
        ),
        CheckConstraint("(state = 'done') = (made_id IS NOT NULL)", name="done_made_something"),
        Index("ix_job_state", "state", "made_at"),
        Index("ix_job_person", "organisation_id", "person_id"),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    kind: JobKind = Field(sa_type=enum_column(JobKind, "kind"))
    state: JobState = Field(default=JobState.WAITING, sa_type=enum_column(JobState, "state"))
    person_id: uuid.UUID | None = None
    # Without a foreign key, as in events: tokens are deleted long after they have expired.
    token_id: uuid.UUID | None = None
    # The round that it is about; none for a case list.
    round_id: uuid.UUID | None = None
    # The request, as compressed JSON; emptied when the job has finished.
    asked: bytes = b""
    # How many cases or audits it goes through.
    size: int
    # How often it was started: when a server stops, it is started again.
    attempts: int = 0
    made_at: datetime = Field(default_factory=now)
    # When its worker last reported that it is at work.
    beat_at: datetime = Field(default_factory=now)
    finished_at: datetime | None = None
    # The result, depending on the kind of the job.
    made_id: uuid.UUID | None = None
    # The refusal of a failed job, as JSON.
    refusal: str = Field(default="", sa_type=LongText)
