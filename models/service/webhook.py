"""Webhooks: the endpoints of other systems that are sent what happened, and the messages to each of them."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.base import belongs_to, enum_column, new_id, now
from models.people.person import Person


class WebhookKind(StrEnum):
    """What a message says that happened."""

    ROUND_OPENED = "round.opened"
    ROUND_CLOSED = "round.closed"
    AUDIT_SUBMITTED = "audit.submitted"
    AUDIT_RETURNED = "audit.returned"
    AUDIT_AGREED = "audit.agreed"
    AUDIT_SIGNED = "audit.signed"
    CONCERN_RAISED = "concern.raised"
    CONCERN_ESCALATED = "concern.escalated"
    CONCERN_CLOSED = "concern.closed"
    SNAPSHOT_PUBLISHED = "snapshot.published"
    ACTION_CREATED = "action.created"
    ACTION_OVERDUE = "action.overdue"
    ACTION_CLOSED = "action.closed"
    IMPORT_FINISHED = "import.finished"
    # An administrator asked for a message, to see whether it arrives.
    TEST = "webhook.test"

    @property
    def label(self) -> str:
        return {
            "round.opened": "Round opened",
            "round.closed": "Round closed",
            "audit.submitted": "Audit submitted",
            "audit.returned": "Audit returned to its auditor",
            "audit.agreed": "Audit agreed",
            "audit.signed": "Audit signed off",
            "concern.raised": "Urgent concern raised",
            "concern.escalated": "Urgent concern escalated",
            "concern.closed": "Urgent concern closed",
            "snapshot.published": "Snapshot published",
            "action.created": "Action agreed, or live for a child",
            "action.overdue": "Action overdue",
            "action.closed": "Action closed, or not pursued",
            "import.finished": "Case list imported",
            "webhook.test": "Test message",
        }[self.value]


class EndpointState(StrEnum):
    """Whether messages are queued for an endpoint, and sent to it."""

    ON = "on"
    OFF = "off"
    # It answered that it is gone for good (410).
    GONE = "gone"
    # By an administrator. Nobody sees it any more; it is removed when all of its messages are.
    DELETED = "deleted"


class WebhookState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    # Not tried again until a person asks for it.
    PARKED = "parked"

    @property
    def label(self) -> str:
        return {"waiting": "Waiting", "delivered": "Delivered", "parked": "Not delivered"}[self.value]


class WhyNotSent(StrEnum):
    """What went wrong when a message was last tried, or why it was not."""

    HOST = "host-not-allowed"
    NAME = "name-not-found"
    ADDRESS = "address-not-public"
    CONNECTION = "no-connection"
    CERTIFICATE = "certificate"
    TIME = "too-slow"
    REDIRECT = "redirect"
    STATUS = "status"
    SECRET = "secret-not-readable"  # noqa: S105 - not a secret
    OFF = "switched-off"

    @property
    def label(self) -> str:
        return {
            "host-not-allowed": "The operator no longer allows this host.",
            "name-not-found": "The name of the host was not found.",
            "address-not-public": "The host has a network address that is not public.",
            "no-connection": "No connection to the host, or it ended without an answer.",
            "certificate": "The certificate of the host is not valid for its name.",
            "too-slow": "The host took too long to answer.",
            "redirect": "The host answered with a redirect, which is not followed.",
            "status": "The host answered with an error.",
            "secret-not-readable": "The secret cannot be read. Change the secret.",
            "switched-off": "The webhook was switched off.",
        }[self.value]


class WebhookEndpoint(SQLModel, table=True):
    """An address of another system, and the kinds of message that it receives.

    Secrets are encrypted under a key outside the database. The columns from `position` on belong to the sender.
    """

    __tablename__ = "webhook_endpoint"
    __table_args__ = (
        belongs_to(Person, "created_by_id"),
        CheckConstraint("kinds <> ''", name="hears_of_something"),
        CheckConstraint("former_until IS NULL OR sealed_former <> ''", name="former_secret_is_there"),
        CheckConstraint("failures >= 0", name="failures_count_up"),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    name: str = Field(max_length=80)
    address: str = Field(max_length=500)
    # Separated by spaces.
    kinds: str = Field(max_length=500)
    state: EndpointState = Field(default=EndpointState.ON, sa_type=enum_column(EndpointState, "state"))
    sealed_secret: str = Field(max_length=200)
    # The secret before, which signs too until the overlap ends; "" when there is none.
    sealed_former: str = Field(default="", max_length=200)
    former_until: datetime | None = None
    created_by_id: uuid.UUID
    created_at: datetime = Field(default_factory=now)
    version: int = 1
    # The number of the last event that was looked at for this endpoint.
    position: int = Field(sa_type=BigInteger().with_variant(Integer(), "sqlite"))
    # How many attempts have failed one after another, and since when.
    failures: int = 0
    failing_since: datetime | None = None
    # When it is tried next; while a message is being sent, when its sender is assumed to have stopped.
    due_at: datetime = Field(default_factory=now)
    claim: uuid.UUID | None = None

    @property
    def chosen_kinds(self) -> list[WebhookKind]:
        return [WebhookKind(kind) for kind in self.kinds.split()]


class WebhookMessage(SQLModel, table=True):
    """A message to an endpoint about one event, and what became of it: identifiers and kinds alone."""

    __tablename__ = "webhook_message"
    __table_args__ = (
        belongs_to("webhook_endpoint", "endpoint_id"),
        UniqueConstraint("endpoint_id", "organisation_id", "number"),
        CheckConstraint("state NOT IN ('delivered', 'parked') OR settled_at IS NOT NULL", name="settled_at_some_time"),
        CheckConstraint("attempts >= 0", name="attempts_count_up"),
        Index("ix_webhook_message_state", "endpoint_id", "organisation_id", "state", "number"),
    )

    organisation_id: int = Field(primary_key=True)
    # Part of the message: the same however often it is sent.
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    endpoint_id: uuid.UUID
    # Of the event: messages to one endpoint are sent in this order.
    number: int = Field(sa_type=BigInteger().with_variant(Integer(), "sqlite"))
    kind: WebhookKind = Field(sa_type=enum_column(WebhookKind, "kind"))
    # The record that the message is about. Without a foreign key: it may be erased.
    subject_id: uuid.UUID
    happened_at: datetime
    state: WebhookState = Field(default=WebhookState.WAITING, sa_type=enum_column(WebhookState, "state"))
    attempts: int = 0
    # Of the last attempt: when it was, what went wrong, and the status of the answer.
    tried_at: datetime | None = None
    why: WhyNotSent | None = Field(default=None, sa_type=enum_column(WhyNotSent, "why"))
    status: int | None = None
    # When it was put in the queue last, by its event or by a person.
    queued_at: datetime = Field(default_factory=now)
    settled_at: datetime | None = None
