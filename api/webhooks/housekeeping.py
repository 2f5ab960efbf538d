"""Deleting what is no longer needed of webhooks: the log of messages, and secrets that no longer sign."""

from typing import Final

from sqlalchemy import delete, select, tuple_, update
from sqlmodel import col

from api.webhooks.parking import settle_switched_off
from api.webhooks.queries import KEPT
from models import WebhookEndpoint, WebhookMessage, WebhookState
from models.clock import earliest
from models.storage.database import Database
from models.storage.portions import in_portions

MOST_AT_ONCE: Final = 20_000


def delete_old(database: Database) -> None:
    """Delete what is over: messages delivered or parked longer ago than KEPT, endpoints that were deleted, and former
    secrets after their overlap.
    """
    # Also while the operator allows no host, and nothing is sent.
    settle_switched_off(database)
    key = (col(WebhookMessage.organisation_id), col(WebhookMessage.id))
    settled = (col(WebhookMessage.state) != WebhookState.WAITING, col(WebhookMessage.settled_at) < earliest() - KEPT)
    over = col(WebhookEndpoint.former_until) <= earliest()
    with database.reading() as session:
        old = session.execute(select(*key).where(*settled).limit(MOST_AT_ONCE)).all()
        is_over = session.execute(select(col(WebhookEndpoint.id)).where(over).limit(1)).first() is not None
    for some in in_portions(old):
        with database.writing() as session:
            session.execute(delete(WebhookMessage).where(tuple_(*key).in_([tuple(each) for each in some]), *settled))
    if is_over:
        with database.writing() as session:
            session.execute(update(WebhookEndpoint).where(over).values(sealed_former="", former_until=None))
