"""Parking what is not sent any more, and removing deleted endpoints: some at a time, so that nobody waits for it."""

import uuid
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, delete, or_, select, update
from sqlmodel import Session, col

from api.foundation import events
from api.foundation.permissions import operator_of
from api.webhooks.queries import has_waiting, is_endpoint, is_waiting, of_endpoint
from models import EndpointState, WebhookEndpoint, WebhookMessage, WebhookState, WhyNotSent, now
from models.storage.database import Database, rows_changed

# Of messages in one writing transaction.
MOST_AT_ONCE: Final = 2_000
_IS_OFF: Final = col(WebhookEndpoint.state) != EndpointState.ON


def park_given_up(
    database: Database, organisation_id: int, endpoint_id: uuid.UUID, *, queued_until: datetime, why: WhyNotSent
) -> None:
    """Park what has waited for an endpoint since this time or longer. The events say how many messages these are."""
    old, number = col(WebhookMessage.queued_at) <= queued_until, MOST_AT_ONCE
    while number == MOST_AT_ONCE:
        with database.writing() as session:
            number = _park_some(session, organisation_id, endpoint_id, why, old)
            if number:
                by, details = operator_of(organisation_id), {"number": number, "why": why.value}
                events.record(session, "webhook.parked", endpoint_id, by=by, details=details)


def settle_switched_off(database: Database) -> None:
    """Park what waits for endpoints that are not on, and remove deleted ones with their messages."""
    key = (col(WebhookEndpoint.organisation_id), col(WebhookEndpoint.id))
    is_deleted = col(WebhookEndpoint.state) == EndpointState.DELETED
    with database.reading() as session:
        found = session.execute(select(*key, is_deleted).where(_IS_OFF, or_(is_deleted, has_waiting()))).all()
    for organisation_id, endpoint_id, deleted in found:
        settle = _remove_some if deleted else _park_switched_off
        while settle(database, organisation_id, endpoint_id) == MOST_AT_ONCE:
            pass


def _park_switched_off(database: Database, organisation_id: int, endpoint_id: uuid.UUID) -> int:
    still_off = select(col(WebhookEndpoint.id)).where(*is_endpoint(organisation_id, endpoint_id), _IS_OFF)
    with database.writing() as session:
        # Somebody may have switched it on meanwhile, and does not do so before this is stored.
        if session.execute(still_off.with_for_update()).first() is None:
            return 0
        return _park_some(session, organisation_id, endpoint_id, WhyNotSent.OFF)


def _park_some(
    session: Session, organisation_id: int, endpoint_id: uuid.UUID, why: WhyNotSent, *conditions: ColumnElement[bool]
) -> int:
    some = _oldest(organisation_id, endpoint_id, is_waiting(), *conditions)
    parked = {"state": WebhookState.PARKED, "why": why, "settled_at": now()}
    these = (*of_endpoint(organisation_id, endpoint_id), col(WebhookMessage.id).in_(some))
    return rows_changed(session, update(WebhookMessage).where(*these).values(**parked))


def _remove_some(database: Database, organisation_id: int, endpoint_id: uuid.UUID) -> int:
    some = _oldest(organisation_id, endpoint_id)
    these = (*of_endpoint(organisation_id, endpoint_id), col(WebhookMessage.id).in_(some))
    with database.writing() as session:
        number = rows_changed(session, delete(WebhookMessage).where(*these))
        if number < MOST_AT_ONCE:
            session.execute(delete(WebhookEndpoint).where(*is_endpoint(organisation_id, endpoint_id)))
    return number


def _oldest(organisation_id: int, endpoint_id: uuid.UUID, *conditions: ColumnElement[bool]) -> Select[Any]:
    own = (*of_endpoint(organisation_id, endpoint_id), *conditions)
    return select(col(WebhookMessage.id)).where(*own).order_by(col(WebhookMessage.number)).limit(MOST_AT_ONCE)
