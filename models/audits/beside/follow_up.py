"""Follow-ups: a round's rule for audits at the lowest rating, the follow-up of each, and what it found."""

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from checklists.audits.follow_up import FollowUpOutcome, FollowUpState
from models.audits.audit import Audit
from models.audits.round import Round
from models.base import LongText, belongs_to, enum_column
from models.people.person import Person


class FollowUpRule(SQLModel, table=True):
    """What a round requires when an audit is at the lowest rating; nothing without `overall` and `themes`."""

    __tablename__ = "follow_up_rule"
    __table_args__ = (
        belongs_to(Round, "round_id"),
        belongs_to(Person, "contact_id"),
        CheckConstraint("(contact_id IS NULL) = (contact_post <> '')", name="one_contact"),
        CheckConstraint("notify_within BETWEEN 1 AND 20", name="notify_within_days"),
        CheckConstraint("weeks BETWEEN 1 AND 52", name="follows_within_weeks"),
        CheckConstraint("moderator_role IN ('', 'moderator', 'quality-lead')", name="role_that_moderates"),
    )

    organisation_id: int = Field(primary_key=True)
    round_id: uuid.UUID = Field(primary_key=True)
    # Whether it is about the overall judgement; and the keys of the themes it is about, with a space between two.
    overall: bool = False
    themes: str = Field(default="", sa_type=LongText)
    # Who is notified: a person, or a post whose holder has no account; and within how many working days.
    contact_id: uuid.UUID | None = None
    contact_post: str = Field(default="", max_length=120)
    notify_within: int = 2
    # The role that the moderator of such an audit must hold; empty for any who may moderate.
    moderator_role: str = Field(default="", max_length=40)
    # After how many weeks the file is followed up.
    weeks: int = 8
    version: int = 1


class FollowUp(SQLModel, table=True):
    """The follow-up of an audit at the lowest rating: who is notified, when it is due, who reads, and its themes."""

    __tablename__ = "follow_up"
    __table_args__ = (
        belongs_to(Audit, "audit_id"),
        belongs_to(Person, "contact_id"),
        belongs_to(Person, "reader_id"),
        CheckConstraint("of_overall OR of_themes <> ''", name="something_is_at_the_lowest"),
        CheckConstraint("(contact_id IS NULL) = (contact_post <> '')", name="one_contact"),
        CheckConstraint("state NOT IN ('allocated', 'done') OR reader_id IS NOT NULL", name="somebody_reads"),
        CheckConstraint("state NOT IN ('allocated', 'done') OR themes <> ''", name="is_about_themes"),
        CheckConstraint("(state = 'done') = (done_on IS NOT NULL)", name="done_has_a_day"),
        # No index led by the organisation: see `belongs_to`.
        Index("ix_follow_up_due", "due_on", "audit_id", "organisation_id", "state"),
        Index("ix_follow_up_reader", "reader_id", "organisation_id"),
        Index("ix_follow_up_contact", "contact_id", "organisation_id"),
    )

    organisation_id: int = Field(primary_key=True)
    audit_id: uuid.UUID = Field(primary_key=True)
    state: FollowUpState = Field(default=FollowUpState.WAITING, sa_type=enum_column(FollowUpState, "state"))
    # What was at the lowest rating: the overall judgement, and the keys of themes with a space between two.
    of_overall: bool = False
    of_themes: str = Field(default="", sa_type=LongText)
    found_on: date
    # As the rule was when the audit was found.
    contact_id: uuid.UUID | None = None
    contact_post: str = Field(default="", max_length=120)
    notify_by: date
    notified_on: date | None = None
    due_on: date
    # The keys of the themes that fell short, once somebody reads: only these are followed up.
    themes: str = Field(default="", sa_type=LongText)
    reader_id: uuid.UUID | None = None
    # When the quality leads were notified that it is due and has no reader.
    noticed_at: datetime | None = None
    done_on: date | None = None
    version: int = 1


class FollowUpTheme(SQLModel, table=True):
    """What a follow-up found about one theme, in its reader's words."""

    __tablename__ = "follow_up_theme"
    __table_args__ = (
        belongs_to(Audit, "audit_id"),
        CheckConstraint("theme <> '' AND words <> ''", name="theme_has_words"),
        {"sqlite_with_rowid": False},
    )

    organisation_id: int = Field(primary_key=True)
    audit_id: uuid.UUID = Field(primary_key=True)
    theme: str = Field(primary_key=True, max_length=60)
    # The answer that fell short, as it was then in force.
    answer: str = Field(max_length=40)
    outcome: FollowUpOutcome = Field(sa_type=enum_column(FollowUpOutcome, "outcome"))
    words: str = Field(sa_type=LongText)
