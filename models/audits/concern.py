"""Urgent concerns: a child may be at risk now, and who was notified."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from models.audits.audit import Audit
from models.base import LongText, belongs_to, enum_column, new_id, now
from models.people.person import Person


class ConcernState(StrEnum):
    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        return {"raised": "Not acknowledged"}.get(self.value, self.value.capitalize())


class ConcernOutcome(StrEnum):
    """The outcome of a concern."""

    REFERRED = "referred"
    ACTED_ON = "acted-on"
    KNOWN = "known"
    NO_RISK = "no-risk"

    @property
    def label(self) -> str:
        return {
            "referred": "Passed to the duty team, the police or another agency",
            "acted-on": "Acted on by those who work with the child",
            "known": "Known already, and being acted on",
            "no-risk": "Looked into: the child is not at risk now",
        }[self.value]


class UrgentConcern(SQLModel, table=True):
    """A reader of an audit fears for the child now, and asks a person to act.

    It is open until it is closed: acknowledging says only that somebody deals with it.
    """

    __tablename__ = "urgent_concern"
    __table_args__ = (
        belongs_to(Audit, "audit_id"),
        belongs_to(Person, "raised_by_id"),
        belongs_to(Person, "person_id"),
        belongs_to(Person, "acknowledged_by_id"),
        belongs_to(Person, "closed_by_id"),
        # No index led by the organisation: see `belongs_to`.
        Index("ix_urgent_concern_audit", "audit_id", "state", "organisation_id"),
        Index("ix_urgent_concern_state", "state", "organisation_id"),
        CheckConstraint("words <> ''", name="concern_has_words"),
        CheckConstraint("answer_by > asked_at", name="concern_leaves_time"),
        CheckConstraint("(state = 'raised') = (acknowledged_at IS NULL)", name="acknowledged_has_a_time"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_has_a_time"),
        CheckConstraint("state <> 'closed' OR (outcome IS NOT NULL AND done <> '')", name="closed_says_what_was_done"),
    )

    organisation_id: int = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    audit_id: uuid.UUID
    raised_by_id: uuid.UUID
    raised_at: datetime = Field(default_factory=now)
    # What was seen.
    words: str = Field(sa_type=LongText)
    # The keys of the themes whose answers it is about, with a space between two; often none.
    themes: str = Field(default="", sa_type=LongText, sa_column_kwargs={"server_default": text("''")})
    # Who is asked to act, since when, and until when they have to acknowledge it.
    person_id: uuid.UUID
    asked_at: datetime = Field(default_factory=now)
    answer_by: datetime
    state: ConcernState = Field(default=ConcernState.RAISED, sa_type=enum_column(ConcernState, "state"))
    # When the quality leads were notified, once, that it had not been acknowledged in time.
    escalated_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by_id: uuid.UUID | None = None
    acknowledgement: str = Field(default="", sa_type=LongText)
    closed_at: datetime | None = None
    closed_by_id: uuid.UUID | None = None
    outcome: ConcernOutcome | None = Field(default=None, sa_type=enum_column(ConcernOutcome, "outcome"))
    done: str = Field(default="", sa_type=LongText)
    version: int = 1


class ConcernNotice(SQLModel, table=True):
    """A person is notified of a concern, on every page of theirs until it is acknowledged."""

    __tablename__ = "concern_notice"
    __table_args__ = (
        belongs_to("urgent_concern", "concern_id"),
        belongs_to(Person, "person_id"),
    )

    organisation_id: int = Field(primary_key=True)
    concern_id: uuid.UUID = Field(primary_key=True)
    person_id: uuid.UUID = Field(primary_key=True)
    made_at: datetime = Field(default_factory=now)
