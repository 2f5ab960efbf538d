"""The outbox: waiting emails, and their results. It holds no address and no case data."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.base import belongs_to, enum_column, new_id, now
from models.people.person import Person


class About(StrEnum):
    """What an email is about."""

    CONCERN = "concern"
    DUE_SOON = "due-soon"
    OVERDUE = "overdue"
    NOTICE = "notice"

    @property
    def label(self) -> str:
        return {
            "concern": "Urgent concern to acknowledge",
            "due-soon": "Audits due soon",
            "overdue": "Audits overdue",
            "notice": "New notices",
        }[self.value]


class MailState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    PARKED = "parked"
    GIVEN_UP = "given-up"


class WhyParked(StrEnum):
    """Why an email is not retried automatically."""

    ADDRESS = "address"
    REFUSED = "refused"
    NOT_TAKEN = "not-taken"

    @property
    def label(self) -> str:
        return {
            "address": "The address cannot be used for email.",
            "refused": "The mail server refused the email permanently. The mailbox may not exist.",
            "not-taken": "The mail server did not accept the email after several hours of retries.",
        }[self.value]


class OutboxMessage(SQLModel, table=True):
    """An email to a person about one urgent concern, one round or their notices: at most one of each.

    Its text and address are determined when it is sent. `due_at` is when it is tried next; while it is being sent, when
    its sender is assumed to have stopped.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (
        belongs_to(Person, "person_id"),
        UniqueConstraint("organisation_id", "about", "subject_id", "person_id"),
        CheckConstraint("state <> 'parked' OR why_parked IS NOT NULL", name="parked_says_why"),
        Index("ix_outbox_message_state", "state", "organisation_id", "due_at"),
    )

    organisation_id: int = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    about: About = Field(sa_type=enum_column(About, "about"))
    # The urgent concern, the round, or the person who has notices. Without a foreign key: it is looked up when the
    # email is written.
    subject_id: uuid.UUID
    person_id: uuid.UUID
    state: MailState = Field(default=MailState.WAITING, sa_type=enum_column(MailState, "state"))
    why_parked: WhyParked | None = Field(default=None, sa_type=enum_column(WhyParked, "why_parked"))
    attempts: int = 0
    made_at: datetime = Field(default_factory=now)
    due_at: datetime = Field(default_factory=now)
    settled_at: datetime | None = None
