"""Endpoints for tests, and what they were told."""

import json
import uuid
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlmodel import col, select
from standardwebhooks.webhooks import Webhook

from api.foundation import events
from api.foundation.permissions import operator_of
from api.foundation.settings import Settings
from api.webhooks import actions
from api.webhooks.actions import EndpointPlan
from api.webhooks.kinds import CHOICES
from models import WebhookEndpoint, WebhookKind, WebhookMessage, new_id, now
from models.storage.database import Database
from tests.desk import Desk
from tests.factories import MadePerson, an_actor
from tests.webhooks.receiving import HOSTS, Received

ADDRESS = "https://hooks.example.org/caseaudit"
OTHER = "https://other.example.org/in"


def settings_of(desk: Desk, hosts: str = " ".join(HOSTS)) -> Settings:
    """The settings of the desk's service, with these hosts allowed."""
    settings: Settings = desk.app.state.settings
    return settings.model_copy(update={"webhook_hosts": hosts})


def an_endpoint(
    desk: Desk,
    address: str = ADDRESS,
    *,
    kinds: Collection[WebhookKind] = CHOICES,
    by: MadePerson | None = None,
) -> tuple[uuid.UUID, Webhook]:
    """An endpoint, and what checks the signatures of its messages: a library that is not ours."""
    with desk.database.writing() as session:
        plan = EndpointPlan("Case system", address, kinds)
        made = actions.create_endpoint(session, plan=plan, settings=settings_of(desk), by=an_actor(by or desk.cast.ada))
    return made.endpoint.id, Webhook(made.secret)


def it_happens(desk: Desk, *kinds: str, times: int = 1, **details: Any) -> list[uuid.UUID]:
    """Record these events of records that do not matter; their identifiers."""
    subjects = []
    by = operator_of(desk.cast.organisation.id)
    with desk.database.writing() as session:
        for kind in kinds * times:
            subjects.append(new_id())
            events.record(session, kind, subjects[-1], by=by, details=details)
    return subjects


def what_was_said(received: Collection[Received], receiver: Webhook) -> list[tuple[str, str]]:
    """The kind and identifier of each request, in their order. Every signature must be right."""
    said = []
    for each in received:
        message = receiver.verify(each.body, each.headers)
        assert message == json.loads(each.body)
        assert message.keys() == {"type", "timestamp", "data"}
        assert message["data"].keys() == {"id"}
        said.append((message["type"], message["data"]["id"]))
    return said


def messages(database: Database) -> list[WebhookMessage]:
    with database.reading() as session:
        return list(session.exec(select(WebhookMessage).order_by(col(WebhookMessage.number))))


def endpoint(database: Database, endpoint_id: uuid.UUID) -> WebhookEndpoint:
    with database.reading() as session:
        return session.exec(select(WebhookEndpoint).where(col(WebhookEndpoint.id) == endpoint_id)).one()


def time_passes(database: Database, gone: timedelta) -> None:
    """As if everything had been tried, and every secret changed, so much earlier."""
    with database.writing() as session:
        for each in session.exec(select(WebhookEndpoint)):
            each.due_at -= gone
            each.failing_since = each.failing_since and each.failing_since - gone
            each.former_until = each.former_until and each.former_until - gone
            session.add(each)
        for message in session.exec(select(WebhookMessage)):
            message.queued_at -= gone
            message.settled_at = message.settled_at and message.settled_at - gone
            session.add(message)


def until_due(database: Database, endpoint_id: uuid.UUID) -> timedelta:
    """How long an endpoint still pauses."""
    return endpoint(database, endpoint_id).due_at - now()
