"""Notices: what a person should know because others did something that concerns them."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.base import belongs_to, enum_column, new_id, now
from models.people.person import Person


class NoticeKind(StrEnum):
    """What a notice is about. Its text and its link are computed from this."""

    # Of a round.
    ALLOCATED = "allocated"
    TAKEN_AWAY = "taken-away"
    # Of an audit.
    RETURNED = "returned"
    AGREED = "agreed"
    SIGNED_OFF = "signed-off"
    REOPENING_ASKED = "reopening-asked"
    REOPENING_REFUSED = "reopening-refused"
    REOPENED = "reopened"
    COMMENTED = "commented"
    REPRESENTATION_MADE = "representation-made"
    TO_SETTLE = "to-settle"
    PROPOSED = "proposed"
    SETTLED = "settled"
    TO_SIGN_OFF = "to-sign-off"
    # Of an urgent concern.
    CONCERN = "concern"
    # Of an action.
    ACTION_GIVEN = "action-given"
    ACTION_DUE_SOON = "action-due-soon"
    ACTION_OVERDUE = "action-overdue"
    ACTION_ESCALATED = "action-escalated"
    # Of feedback that was shared with a team.
    REPRESENTATION_ANSWERED = "representation-answered"
    # Of an audit at the lowest rating, and its follow-up.
    LOWEST_FOUND = "lowest-found"
    LOWEST_TO_NOTIFY = "lowest-to-notify"
    FOLLOW_UP_GIVEN = "follow-up-given"
    FOLLOW_UP_DUE = "follow-up-due"
    # Of the audit programme: a round that it planned; a line of it.
    ROUND_PLANNED = "round-planned"
    ROUND_NOT_PLANNED = "round-not-planned"
    EXEMPTION_WAITS = "exemption-waits"
    # Of a joint round, of an agency's part of a case, and of a case.
    JOINT_PLANNED = "joint-planned"
    JOINT_ALLOCATED = "joint-allocated"
    JOINT_DUE_SOON = "joint-due-soon"
    JOINT_OVERDUE = "joint-overdue"
    JOINT_GIVEN_BACK = "joint-given-back"
    JOINT_RETURNED = "joint-returned"
    JOINT_PANEL_OPEN = "joint-panel-open"
    # Of a person.
    ACCESS_WAITS = "access-waits"
    ACCESS_ASKED = "access-asked"
    ACCESS_MADE = "access-made"


class Notice(SQLModel, table=True):
    """One thing that a person should know: one notice a kind and subject, with a number where it happened more often.

    It holds no case data and no text that a person wrote.
    """

    __table_args__ = (
        belongs_to(Person, "person_id"),
        UniqueConstraint("organisation_id", "person_id", "kind", "subject_id"),
        CheckConstraint("number >= 0", name="number_counts_up"),
        # No index led by the organisation: see `belongs_to`.
        Index("ix_notice_person", "person_id", "organisation_id", "id"),
    )

    organisation_id: int = Field(primary_key=True)
    # A later notice has a larger identifier, so that lists are in the order of time.
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    person_id: uuid.UUID
    kind: NoticeKind = Field(sa_type=enum_column(NoticeKind, "kind"))
    # The round, the audit or another record. Without a foreign key: it is looked up when the notice is shown.
    subject_id: uuid.UUID
    number: int = 1
    made_at: datetime = Field(default_factory=now)
    read_at: datetime | None = None
    # When it was included in an email.
    mailed_at: datetime | None = None
