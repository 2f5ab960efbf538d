"""What administrators read of webhooks: endpoints, and what became of their messages."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import NotFound
from models import EndpointState, WebhookEndpoint, WebhookMessage, WebhookState
from models.storage.joins import linked

# For how long messages are kept after they were delivered or parked.
KEPT: Final = timedelta(days=90)
_IS_KEPT: Final = col(WebhookEndpoint.state) != EndpointState.DELETED


@dataclass(frozen=True, slots=True)
class Progress:
    """How many messages of an endpoint wait and how many are parked, and when the newest that arrived was delivered."""

    waiting: int
    parked: int
    delivered_at: datetime | None


def list_endpoints(session: Session, *, by: Actor) -> Sequence[WebhookEndpoint]:
    """Every endpoint of the organisation, which has few, in the order of creation."""
    check_may(by, Permission.WRITE_WEBHOOKS)
    own = (col(WebhookEndpoint.organisation_id) == by.organisation_id, _IS_KEPT)
    return session.exec(select(WebhookEndpoint).where(*own).order_by(col(WebhookEndpoint.id))).all()


def find_endpoint(session: Session, *, endpoint_id: uuid.UUID, by: Actor, lock: bool = False) -> WebhookEndpoint:
    """An endpoint; `lock`: until the transaction ends. Raises NotFound."""
    check_may(by, Permission.WRITE_WEBHOOKS)
    query = select(WebhookEndpoint).where(*is_endpoint(by.organisation_id, endpoint_id), _IS_KEPT)
    found = session.exec(
        (query.with_for_update() if lock else query).execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("webhook")
    return found


def progress_of(session: Session, *, endpoint_id: uuid.UUID, by: Actor) -> Progress:
    """What became of the messages of an endpoint."""
    check_may(by, Permission.WRITE_WEBHOOKS)
    own = of_endpoint(by.organisation_id, endpoint_id)
    open_or_parked = col(WebhookMessage.state).in_((WebhookState.WAITING, WebhookState.PARKED))
    counted = select(WebhookMessage.state, func.count()).where(*own, open_or_parked)
    numbers = dict(session.exec(counted.group_by(col(WebhookMessage.state))).all())
    newest = (
        select(WebhookMessage.settled_at)
        .where(*own, col(WebhookMessage.state) == WebhookState.DELIVERED)
        .order_by(col(WebhookMessage.number).desc())
        .limit(1)
    )
    delivered_at = session.exec(newest).first()
    return Progress(numbers.get(WebhookState.WAITING, 0), numbers.get(WebhookState.PARKED, 0), delivered_at)


def list_messages(
    session: Session,
    *,
    endpoint_id: uuid.UUID,
    by: Actor,
    limit: int,
    before: int | None = None,
    state: WebhookState | None = None,
) -> Sequence[WebhookMessage]:
    """Messages of an endpoint, the newest event first, from the one before the event `before`. Raises NotFound."""
    find_endpoint(session, endpoint_id=endpoint_id, by=by)
    query = select(WebhookMessage).where(*of_endpoint(by.organisation_id, endpoint_id))
    if before is not None:
        query = query.where(col(WebhookMessage.number) < before)
    if state is not None:
        query = query.where(col(WebhookMessage.state) == state)
    return session.exec(query.order_by(col(WebhookMessage.number).desc()).limit(limit)).all()


def count_parked(session: Session, *, by: Actor) -> int:
    """How many messages of the organisation are parked."""
    check_may(by, Permission.WRITE_WEBHOOKS)
    # By endpoint, as the index is: there are few of them, and many messages.
    own = select(WebhookEndpoint.id).where(col(WebhookEndpoint.organisation_id) == by.organisation_id, _IS_KEPT)
    parked = (
        col(WebhookMessage.endpoint_id).in_(own),
        col(WebhookMessage.organisation_id) == by.organisation_id,
        col(WebhookMessage.state) == WebhookState.PARKED,
    )
    return session.exec(select(func.count()).select_from(WebhookMessage).where(*parked)).one()


def is_waiting() -> ColumnElement[bool]:
    """The condition under which a message waits to be sent."""
    return col(WebhookMessage.state) == WebhookState.WAITING


def has_waiting() -> ColumnElement[bool]:
    """The condition under which messages wait for an endpoint."""
    of_it = linked(WebhookMessage.endpoint_id, WebhookEndpoint.id)
    return select(WebhookMessage.id).where(of_it, is_waiting()).correlate(WebhookEndpoint).exists()


def is_endpoint(organisation_id: int, endpoint_id: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
    return (col(WebhookEndpoint.organisation_id) == organisation_id, col(WebhookEndpoint.id) == endpoint_id)


def of_endpoint(organisation_id: int, endpoint_id: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
    return (col(WebhookMessage.organisation_id) == organisation_id, col(WebhookMessage.endpoint_id) == endpoint_id)
