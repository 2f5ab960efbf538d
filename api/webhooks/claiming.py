"""Claiming the next messages of an endpoint, and settling what came of them. One process at a time sends to it."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
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
from models.storage.database import Database

# Several times as long as the attempts of a claim may take: the process that claimed it is assumed to have stopped.
CLAIM_LASTS: Final = timedelta(minutes=5)
# Of messages in one claim: a transaction before and one after them all cost less than two for each.
MOST_CLAIMED: Final = 50
GONE: Final = 410


@dataclass(frozen=True, slots=True)
class Due:
    """An endpoint that has messages to be sent now, and whether its last attempt failed."""

    organisation_id: int
    endpoint_id: uuid.UUID
    is_failing: bool


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is sent."""

    id: uuid.UUID
    kind: WebhookKind
    subject_id: uuid.UUID
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class Claimed:
    """The next messages of an endpoint in their order, which this process sends, and how. `sealed`: the secrets that
    sign them, the newest first.
    """

    organisation_id: int
    endpoint_id: uuid.UUID
    claim: uuid.UUID
    address: str
    sealed: tuple[str, ...]
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt to send a message: the status of the answer if one came, and what went wrong."""

    message_id: uuid.UUID
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


def claim_messages(database: Database, due: Due) -> Claimed | None:
    """Claim the first messages that wait for this endpoint; None when there is none, or the endpoint is not due."""
    endpoint_query = (
        select(WebhookEndpoint)
        .where(*is_endpoint(due.organisation_id, due.endpoint_id), _is_due())
        .with_for_update(skip_locked=True)
    )
    columns = (WebhookMessage.id, WebhookMessage.kind, WebhookMessage.subject_id, WebhookMessage.happened_at)
    message_query = (
        select(*columns)
        .where(*of_endpoint(due.organisation_id, due.endpoint_id), is_waiting())
        .order_by(col(WebhookMessage.number))
        .limit(MOST_CLAIMED)
    )
    with database.writing() as session:
        endpoint = session.exec(endpoint_query).one_or_none()
        messages = session.exec(message_query).all() if endpoint is not None else ()
        if endpoint is None or not messages:
            return None
        moment = now()
        endpoint.claim, endpoint.due_at = new_id(), moment + CLAIM_LASTS
        session.add(endpoint)
        is_former_in_use = endpoint.former_until is not None and moment < endpoint.former_until
        return Claimed(
            endpoint.organisation_id,
            endpoint.id,
            endpoint.claim,
            endpoint.address,
            (endpoint.sealed_secret, *([endpoint.sealed_former] if is_former_in_use else [])),
            tuple(Message(name, WebhookKind(kind), about, at) for name, kind, about, at in messages),
        )


def settle(database: Database, claimed: Claimed, outcomes: Sequence[Outcome]) -> None:
    """Note what came of the messages that were tried, and end the claim. Only the last of them may have failed.

    After a failure the endpoint pauses, longer each time, and what was tried for long enough is parked. One that says
    that it is gone for good is switched off. Nothing is noted where the claim has ended, or a person has switched the
    endpoint off meanwhile.
    """
    *_, last = outcomes
    moment, since = now(), None
    with database.writing() as session:
        endpoint = _claimed_endpoint(session, claimed)
        if endpoint is None:
            return
        _note(session, claimed, outcomes, moment)
        if last.is_delivered:
            _release(session, claimed, failures=0, failing_since=None, due_at=moment)
        elif last.status == GONE:
            _release(session, claimed, state=EndpointState.GONE, version=endpoint.version + 1, due_at=moment)
            events.record(session, "webhook.gone", claimed.endpoint_id, by=operator_of(claimed.organisation_id))
        else:
            is_first = len(outcomes) > 1
            failures = 1 if is_first else endpoint.failures + 1
            since = min((None if is_first else endpoint.failing_since) or moment, moment)
            _release(session, claimed, failures=failures, failing_since=since, due_at=moment + pause_after(failures))
    until = given_up_until(since, moment) if since is not None else None
    if until is not None:
        own = (claimed.organisation_id, claimed.endpoint_id)
        park_given_up(database, *own, queued_until=until, why=last.why or WhyNotSent.STATUS)


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


def _release(session: Session, claimed: Claimed, **values: Any) -> None:
    session.execute(
        update(WebhookEndpoint)
        .where(*is_endpoint(claimed.organisation_id, claimed.endpoint_id))
        .values(claim=None, **values)
    )


def _note(session: Session, claimed: Claimed, outcomes: Sequence[Outcome], moment: datetime) -> None:
    alike: dict[tuple[int | None, WhyNotSent | None], list[uuid.UUID]] = defaultdict(list)
    for each in outcomes:
        alike[each.status, each.why].append(each.message_id)
    for (status, why), messages in alike.items():
        settled = {"state": WebhookState.DELIVERED, "settled_at": moment} if why is None else {}
        these = (*of_endpoint(claimed.organisation_id, claimed.endpoint_id), col(WebhookMessage.id).in_(messages))
        tried = {"attempts": WebhookMessage.attempts + 1, "tried_at": moment, "status": status, "why": why}
        session.execute(update(WebhookMessage).where(*these).values(**tried, **settled))
