"""Messages from the trail: whatever happened has an event, which was stored in the same transaction.

So no room knows of webhooks, nothing that happened is missed, and nobody who does something waits for a message.
"""

import uuid
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select as select_columns
from sqlalchemy import update
from sqlmodel import Session, col, select

from api.webhooks.kinds import Happened, event_kinds_of, message_about
from api.webhooks.queries import is_endpoint
from models import EndpointState, Event, Trail, WebhookEndpoint, WebhookMessage, WebhookState, new_id, now
from models.storage.bulk import table_of
from models.storage.database import Database, rows_changed
from models.storage.dialects import insert_new

# Of events that are looked at in one transaction, and of messages that it makes.
MOST_EVENTS: Final = 5_000
MOST_MESSAGES: Final = 500
# Events that are no message to an endpoint are passed over this many at once: looking at them again is cheap, and a
# writing transaction for each few is not.
PASSED_OVER_AT_ONCE: Final = 1_000
_MESSAGES: Final = table_of(WebhookMessage)


@dataclass(frozen=True, slots=True)
class _Behind:
    """An endpoint for which there may be new messages: up to which event it was looked at, and the newest event."""

    organisation_id: int
    endpoint_id: uuid.UUID
    position: int
    newest: int
    event_kinds: tuple[str, ...]


def queue_new(database: Database) -> int:
    """Queue the messages about what has happened since the last time; returns how many these are.

    Each endpoint in transactions of its own, which hold the writer for a moment only.
    """
    with database.reading() as session:
        behind = _list_behind(session)
    return sum(_queue_for(database, each) for each in behind)


def _list_behind(session: Session) -> list[_Behind]:
    rows = session.exec(
        select(WebhookEndpoint, Trail.length)
        .join(Trail, col(Trail.organisation_id) == col(WebhookEndpoint.organisation_id))
        .where(col(WebhookEndpoint.state) == EndpointState.ON, col(Trail.length) > col(WebhookEndpoint.position))
        .order_by(col(WebhookEndpoint.organisation_id), col(WebhookEndpoint.id))
    ).all()
    return [
        _Behind(each.organisation_id, each.id, each.position, newest, tuple(event_kinds_of(each.chosen_kinds)))
        for each, newest in rows
    ]


def _queue_for(database: Database, behind: _Behind) -> int:
    queued, position = 0, behind.position
    while position < behind.newest:
        up_to = min(position + MOST_EVENTS, behind.newest)
        with database.reading() as session:
            happened = _happened(session, behind, after=position, up_to=up_to)
        if len(happened) == MOST_MESSAGES:
            up_to = happened[-1].number
        rows = [row for each in happened if (row := _row(behind, each)) is not None]
        if not rows and up_to - position < PASSED_OVER_AT_ONCE:
            break
        if not _store(database, behind, rows, after=position, up_to=up_to):
            break
        queued, position = queued + len(rows), up_to
    return queued


def _happened(session: Session, behind: _Behind, *, after: int, up_to: int) -> list[Happened]:
    query = (
        select_columns(col(Event.number), col(Event.at), col(Event.kind), col(Event.subject_id), col(Event.details))
        .where(
            col(Event.organisation_id) == behind.organisation_id,
            col(Event.number) > after,
            col(Event.number) <= up_to,
            col(Event.kind).in_(behind.event_kinds),
        )
        .order_by(col(Event.number))
        .limit(MOST_MESSAGES)
    )
    return [Happened(*row) for row in session.execute(query)]


def _row(behind: _Behind, happened: Happened) -> dict[str, object] | None:
    message = message_about(happened, to=behind.endpoint_id)
    if message is None:
        return None
    return {
        "organisation_id": behind.organisation_id,
        "id": new_id(),
        "endpoint_id": behind.endpoint_id,
        "number": happened.number,
        "kind": message.kind,
        "subject_id": message.subject_id,
        "happened_at": message.happened_at,
        "state": WebhookState.WAITING,
        "attempts": 0,
        "queued_at": now(),
    }


def _store(database: Database, behind: _Behind, rows: list[dict[str, object]], *, after: int, up_to: int) -> bool:
    """Whether the messages were stored: not where another process has done so, or the endpoint was switched off."""
    unchanged = (
        *is_endpoint(behind.organisation_id, behind.endpoint_id),
        col(WebhookEndpoint.position) == after,
        col(WebhookEndpoint.state) == EndpointState.ON,
    )
    with database.writing() as session:
        if not rows_changed(session, update(WebhookEndpoint).where(*unchanged).values(position=up_to)):
            return False
        if rows:
            connection = session.connection()
            connection.execute(insert_new(connection.dialect.name, _MESSAGES), rows)
    return True
