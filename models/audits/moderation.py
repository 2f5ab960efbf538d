"""Moderation: which audits of a round are moderated, a moderator's reviews, and reopening a signed audit."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from models.audits.audit import Audit
from models.audits.round import Round
from models.base import LongText, belongs_to, new_id, now
from models.people.person import Person

_EMPTY_AT_FIRST = {"server_default": text("''")}


class ModerationRule(SQLModel, table=True):
    """Which audits of a round are moderated; without a rule, every audit is."""

    __tablename__ = "moderation_rule"
    __table_args__ = (
        belongs_to(Round, "round_id"),
        CheckConstraint("share_percent BETWEEN 0 AND 100", name="share_is_a_percentage"),
        CheckConstraint("first_audits BETWEEN 0 AND 100", name="first_audits_count_up"),
    )

    organisation_id: int = Field(primary_key=True)
    round_id: uuid.UUID = Field(primary_key=True)
    seed: str = Field(max_length=64)
    share_percent: int = 100
    lowest: bool = True
    first_audits: int = 3
    version: int = 1


class Moderation(SQLModel, table=True):
    """One audit's moderation: who has it, and whether a person selected the audit for it."""

    __table_args__ = (
        belongs_to(Audit, "audit_id"),
        belongs_to(Person, "moderator_id"),
        CheckConstraint("(moderator_id IS NULL) = (taken_at IS NULL)", name="taken_by_somebody"),
    )

    organisation_id: int = Field(primary_key=True)
    audit_id: uuid.UUID = Field(primary_key=True)
    moderator_id: uuid.UUID | None = None
    taken_at: datetime | None = None
    by_hand: bool = False
    # The moderator's overall judgement, and the calculated one beside which it was set: when the reviewed answers have
    # changed since, the moderator is asked again.
    overall: str = Field(default="", max_length=40, sa_column_kwargs=_EMPTY_AT_FIRST)
    overall_reason: str = Field(default="", sa_type=LongText, sa_column_kwargs=_EMPTY_AT_FIRST)
    overall_calculated: str = Field(default="", max_length=40, sa_column_kwargs=_EMPTY_AT_FIRST)


class ModeratedScore(SQLModel, table=True):
    """A moderator's review of the answer to one theme: the same again, or another with a reason."""

    __tablename__ = "moderated_score"
    __table_args__ = (
        belongs_to(Audit, "audit_id"),
        belongs_to(Person, "moderator_id"),
        CheckConstraint("answer <> '' AND auditor_answer <> ''", name="has_both_answers"),
        CheckConstraint("answer = auditor_answer OR reason <> ''", name="change_has_a_reason"),
    )

    organisation_id: int = Field(primary_key=True)
    audit_id: uuid.UUID = Field(primary_key=True)
    theme: str = Field(primary_key=True, max_length=60)
    answer: str = Field(max_length=40)
    # The auditor's answer then: when it has changed since, the moderator is asked again.
    auditor_answer: str = Field(max_length=40)
    reason: str = Field(default="", sa_type=LongText)
    moderator_id: uuid.UUID


class Comment(SQLModel, table=True):
    """A comment on a theme of an audit, or on all of it; the first of a thread holds the state of the thread."""

    __table_args__ = (
        belongs_to(Audit, "audit_id"),
        belongs_to("comment", "thread_id"),
        belongs_to(Person, "author_id"),
        belongs_to(Person, "resolved_by_id"),
        CheckConstraint("words <> ''", name="says_something"),
        CheckConstraint("(resolved_at IS NULL) = (resolved_by_id IS NULL)", name="resolved_by_somebody"),
        Index("ix_comment_audit", "audit_id", "organisation_id"),
    )

    organisation_id: int = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    audit_id: uuid.UUID
    # The first comment of the thread; its own id for that one.
    thread_id: uuid.UUID
    theme: str = Field(default="", max_length=60)
    words: str = Field(sa_type=LongText)
    author_id: uuid.UUID
    written_at: datetime = Field(default_factory=now)
    resolved_at: datetime | None = None
    resolved_by_id: uuid.UUID | None = None


class Reopening(SQLModel, table=True):
    """A request to reopen an agreed audit, and another person's decision."""

    __table_args__ = (
        belongs_to(Audit, "audit_id"),
        belongs_to(Person, "asked_by_id"),
        belongs_to(Person, "decided_by_id"),
        belongs_to(Person, "signed_by_id"),
        CheckConstraint("reason <> ''", name="has_a_reason"),
        CheckConstraint("asked_by_id <> decided_by_id", name="decided_by_another"),
        CheckConstraint("decided_at IS NULL OR decided_by_id IS NOT NULL", name="decided_by_somebody"),
        CheckConstraint("(decided_at IS NULL) = (confirmed IS NULL)", name="decided_one_way"),
        Index("ix_reopening_audit", "audit_id", "organisation_id"),
    )

    organisation_id: int = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    audit_id: uuid.UUID
    reason: str = Field(sa_type=LongText)
    asked_by_id: uuid.UUID
    asked_at: datetime = Field(default_factory=now)
    decided_by_id: uuid.UUID | None = None
    decided_at: datetime | None = None
    confirmed: bool | None = None
    # The signature that this voids, and whose it was.
    voided_signature: str = Field(default="", max_length=64)
    signed_by_id: uuid.UUID | None = None
    signed_at: datetime | None = None
