"""Claiming the next message of an endpoint, and settling what came of it. One process at a time sends to it."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, case, or_, update
from sqlmodel import Session, col, select

from api.foundation import events
from api.foundation.permissions import operator_of
from api.webhooks.parking import park_given_up
from api.webhooks.queries import has_waiting, is_endpoint, is_waiting, of_endpoint
from checklists.webhooks import LONGEST_PAUSE, given_up_until, pause_after
from models import (
    EndpointState,
    WebhookEndpoint,
    WebhookKind,
    WebhookMessage,
    WebhookState,
    WhyNotSent,
    new_id,
    now,
)
from models.storage.database import Database, rows_changed

# Several times as long as one attempt may take: the process that claimed it is assumed to have stopped.
CLAIM_LASTS: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Due:
    """An endpoint that has messages to be sent now, and whether its last attempt failed."""

    organisation_id: int
    endpoint_id: uuid.UUID
    is_failing: bool


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this process sends, and how. `sealed`: the secrets that sign it, the newest first."""

    organisation_id: int
    endpoint_id: uuid.UUID
    claim: uuid.UUID
    address: str
    sealed: tuple[str, ...]
    message_id: uuid.UUID
    kind: WebhookKind
    subject_id: uuid.UUID
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt: the status of the answer if one came, and what went wrong."""

    status: int | None = None
    why: WhyNotSent | None = None

    @property
    def is_delivered(self) -> bool:
        return self.why is None


def list_due(database: Database) -> list[Due]:
    """The endpoints that have messages to be sent now: first the ones that answer, then by how long they wait."""
    failing = col(WebhookEndpoint.failures) > 0
    query = (
        select(WebhookEndpoint.organisation_id, WebhookEndpoint.id, failing)
        .where(_is_due(), has_waiting())
        .order_by(case((failing, 1), else_=0), col(WebhookEndpoint.due_at), col(WebhookEndpoint.id))
    )
    with database.reading() as session:
        return [Due(own, endpoint_id, bool(fails)) for own, endpoint_id, fails in session.execute(query)]


def claim_message(database: Database, due: Due) -> Claimed | None:
    """Claim the first message that waits for this endpoint; None when there is none, or the endpoint is not due."""
    endpoint_query = (
        select(WebhookEndpoint)
        .where(*is_endpoint(due.organisation_id, due.endpoint_id), _is_due())
        .with_for_update(skip_locked=True)
    )
    message_query = (
        select(WebhookMessage)
        .where(*of_endpoint(due.organisation_id, due.endpoint_id), is_waiting())
        .order_by(col(WebhookMessage.number))
        .limit(1)
    )
    with database.writing() as session:
        endpoint = session.exec(endpoint_query).one_or_none()
        message = session.exec(message_query).one_or_none() if endpoint is not None else None
        if endpoint is None or message is None:
            return None
        moment = now()
        endpoint.claim, endpoint.due_at = new_id(), moment + CLAIM_LASTS
        message.attempts, message.tried_at = message.attempts + 1, moment
        session.add_all([endpoint, message])
        is_former_in_use = endpoint.former_until is not None and moment < endpoint.former_until
        return Claimed(
            endpoint.organisation_id,
            endpoint.id,
            endpoint.claim,
            endpoint.address,
            (endpoint.sealed_secret, *([endpoint.sealed_former] if is_former_in_use else [])),
            message.id,
            message.kind,
            message.subject_id,
            message.happened_at,
        )


def settle_delivered(database: Database, claimed: Claimed, outcome: Outcome) -> None:
    """The endpoint accepted the message."""
    delivered = {"state": WebhookState.DELIVERED, "why": None, "status": outcome.status, "settled_at": now()}
    with database.writing() as session:
        if _release(session, claimed, failures=0, failing_since=None, due_at=now()):
            _set(session, claimed, **delivered)


def settle_failed(database: Database, claimed: Claimed, outcome: Outcome) -> None:
    """The endpoint did not accept it: pause, longer after each failure. What was tried for long enough is parked."""
    moment = now()
    with database.writing() as session:
        endpoint = _claimed_endpoint(session, claimed)
        if endpoint is None:
            return
        failures, since = endpoint.failures + 1, min(endpoint.failing_since or moment, moment)
        _release(session, claimed, failures=failures, failing_since=since, due_at=moment + pause_after(failures))
        _set(session, claimed, why=outcome.why, status=outcome.status)
    until, own = given_up_until(since, moment), (claimed.organisation_id, claimed.endpoint_id)
    if until is not None:
        park_given_up(database, *own, queued_until=until, why=outcome.why or WhyNotSent.STATUS)


def settle_gone(database: Database, claimed: Claimed, outcome: Outcome) -> None:
    """The endpoint says that it is gone for good: it is switched off."""
    with database.writing() as session:
        endpoint = _claimed_endpoint(session, claimed)
        if endpoint is None:
            return
        _set(session, claimed, why=outcome.why, status=outcome.status)
        _release(session, claimed, state=EndpointState.GONE, version=endpoint.version + 1, due_at=now())
        by = operator_of(claimed.organisation_id)
        events.record(session, "webhook.gone", claimed.endpoint_id, by=by)


def _is_due() -> ColumnElement[bool]:
    """On, and neither pausing nor claimed. A time further away than any pause was set before the clock was set back."""
    moment = now()
    due = or_(col(WebhookEndpoint.due_at) <= moment, col(WebhookEndpoint.due_at) > moment + LONGEST_PAUSE)
    return (col(WebhookEndpoint.state) == EndpointState.ON) & due


def _claimed_endpoint(session: Session, claimed: Claimed) -> WebhookEndpoint | None:
    """The endpoint, locked, if it is still this claim; None when it was deleted or claimed by another since."""
    return session.exec(
        select(WebhookEndpoint)
        .where(*is_endpoint(claimed.organisation_id, claimed.endpoint_id), col(WebhookEndpoint.claim) == claimed.claim)
        .with_for_update()
    ).one_or_none()


def _release(session: Session, claimed: Claimed, **values: Any) -> bool:
    """End the claim; whether it was still this one."""
    mine = (*is_endpoint(claimed.organisation_id, claimed.endpoint_id), col(WebhookEndpoint.claim) == claimed.claim)
    return rows_changed(session, update(WebhookEndpoint).where(*mine).values(claim=None, **values)) > 0


def _set(session: Session, claimed: Claimed, **values: Any) -> None:
    """Note what came of the attempt; nothing where a person has switched the endpoint off meanwhile."""
    this = (*of_endpoint(claimed.organisation_id, claimed.endpoint_id), col(WebhookMessage.id) == claimed.message_id)
    session.execute(update(WebhookMessage).where(*this).values(**values))
