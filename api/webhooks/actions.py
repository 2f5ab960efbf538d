"""Endpoints, as administrators keep them, and sending messages again."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import update
from sqlmodel import Session, col, select

from api.foundation import events
from api.foundation.outgoing.targets import BadAddress, host_of, hosts_in
from api.foundation.permissions import Actor, Permission, check_in_person, check_may
from api.foundation.problems import Conflict, Fault, Invalid, NotFound, check_version
from api.foundation.settings import Settings
from api.foundation.text.free_text import raise_if_any
from api.foundation.text.names import check_label, tidy
from api.webhooks import secrets
from api.webhooks.kinds import CHOICES
from api.webhooks.queries import find_endpoint, list_endpoints, of_endpoint
from checklists.webhooks import secret_text
from models import (
    EndpointState,
    WebhookEndpoint,
    WebhookKind,
    WebhookMessage,
    WebhookState,
    new_id,
    now,
)
from models.storage.database import rows_changed

LONGEST_NAME: Final = 80
MOST_ENDPOINTS: Final = 10
OVERLAP_HOURS: Final = 24
LONGEST_OVERLAP_HOURS: Final = 168
# Of messages that are sent again at once: a writing transaction is short.
MOST_AGAIN: Final = 2_000


@dataclass(frozen=True, slots=True)
class EndpointPlan:
    """What an administrator enters: what the endpoint is called, where it is and which kinds of message it receives."""

    name: str
    address: str
    kinds: Collection[WebhookKind]


@dataclass(frozen=True, slots=True)
class NewSecret:
    """An endpoint, and its secret for the receiver: it is shown once."""

    endpoint: WebhookEndpoint
    secret: str


def check_webhooks_are_allowed(settings: Settings) -> None:
    """Raise Conflict while the operator allows no host."""
    if not settings.webhook_hosts:
        raise Conflict(
            "Webhooks are off: the operator of this service allows no host. Ask them to set CASEAUDIT_WEBHOOK_HOSTS."
        )


def create_endpoint(session: Session, *, plan: EndpointPlan, settings: Settings, by: Actor) -> NewSecret:
    """Create an endpoint, which is sent what happens from now on. Raises Conflict, Invalid, and NotAllowed."""
    check_may(by, Permission.WRITE_WEBHOOKS)
    check_in_person(by)
    check_webhooks_are_allowed(settings)
    plan = _checked(plan, settings)
    if len(list_endpoints(session, by=by)) >= MOST_ENDPOINTS:
        raise Conflict(f"An organisation can have {MOST_ENDPOINTS} webhooks. Delete one that is no longer needed.")
    endpoint_id, secret = new_id(), secrets.new_secret()
    endpoint = WebhookEndpoint(
        organisation_id=by.organisation_id,
        id=endpoint_id,
        name=plan.name,
        address=plan.address,
        kinds=_line_of(plan.kinds),
        sealed_secret=secrets.seal(secrets.key_of(settings), by.organisation_id, endpoint_id, secret),
        created_by_id=by.id,
        position=events.number_of_newest(session, by.organisation_id),
    )
    session.add(endpoint)
    session.flush()
    events.record(session, "webhook.made", endpoint.id, by=by, details={"kinds": endpoint.kinds})
    return NewSecret(endpoint, secret_text(secret))


def change_endpoint(
    session: Session, *, endpoint_id: uuid.UUID, plan: EndpointPlan, version: int, settings: Settings, by: Actor
) -> WebhookEndpoint:
    """Change an endpoint. What waits goes to the new address. Raises Conflict, Invalid, NotFound, and Stale."""
    endpoint = _locked(session, endpoint_id, version, by)
    check_webhooks_are_allowed(settings)
    plan = _checked(plan, settings)
    if endpoint.address != plan.address:
        _try_now(endpoint)
    endpoint.name, endpoint.address, endpoint.kinds = plan.name, plan.address, _line_of(plan.kinds)
    return _changed(session, endpoint, "webhook.changed", by, kinds=endpoint.kinds)


def switch_on(session: Session, *, endpoint_id: uuid.UUID, version: int, by: Actor) -> WebhookEndpoint:
    """Send an endpoint what happens from now on. Raises Conflict, NotFound, and Stale."""
    endpoint = _locked(session, endpoint_id, version, by)
    if endpoint.state is EndpointState.ON:
        raise Conflict("This webhook is already on.")
    endpoint.state, endpoint.position = EndpointState.ON, events.number_of_newest(session, by.organisation_id)
    _try_now(endpoint)
    return _changed(session, endpoint, "webhook.switched-on", by)


def switch_off(session: Session, *, endpoint_id: uuid.UUID, version: int, by: Actor) -> WebhookEndpoint:
    """Send an endpoint nothing any more. What waits is parked a moment later. Raises Conflict, NotFound, and Stale."""
    endpoint = _locked(session, endpoint_id, version, by)
    if endpoint.state is EndpointState.OFF:
        raise Conflict("This webhook is already off.")
    endpoint.state = EndpointState.OFF
    return _changed(session, endpoint, "webhook.switched-off", by)


def delete_endpoint(session: Session, *, endpoint_id: uuid.UUID, version: int, by: Actor) -> None:
    """Delete an endpoint and its secrets. Its log follows a moment later: it may be long. Raises NotFound, Stale."""
    endpoint = _locked(session, endpoint_id, version, by)
    endpoint.state = EndpointState.DELETED
    endpoint.sealed_secret, endpoint.sealed_former, endpoint.former_until = "", "", None
    _changed(session, endpoint, "webhook.deleted", by)


def change_secret(
    session: Session, *, endpoint_id: uuid.UUID, overlap_hours: int, settings: Settings, by: Actor
) -> NewSecret:
    """Give an endpoint a new secret. For so many hours messages are signed with the one before as well; with 0 hours
    with the new one only. Raises Invalid, NotAllowed, and NotFound.
    """
    check_may(by, Permission.WRITE_WEBHOOKS)
    check_in_person(by)
    endpoint = find_endpoint(session, endpoint_id=endpoint_id, by=by, lock=True)
    if not 0 <= overlap_hours <= LONGEST_OVERLAP_HOURS:
        raise Invalid.at("overlap_hours", f"Enter a whole number of hours from 0 to {LONGEST_OVERLAP_HOURS}.")
    secret = secrets.new_secret()
    former = endpoint.sealed_secret if overlap_hours else ""
    endpoint.sealed_former = former
    endpoint.former_until = now() + timedelta(hours=overlap_hours) if former else None
    endpoint.sealed_secret = secrets.seal(secrets.key_of(settings), by.organisation_id, endpoint.id, secret)
    _try_now(endpoint)
    _changed(session, endpoint, "webhook.secret-changed", by, hours=overlap_hours)
    return NewSecret(endpoint, secret_text(secret))


def ask_for_test(session: Session, *, endpoint_id: uuid.UUID, by: Actor) -> None:
    """Have a test message sent to an endpoint. Raises Conflict for one that is off, and NotFound."""
    endpoint = find_endpoint(session, endpoint_id=endpoint_id, by=by)
    if endpoint.state is not EndpointState.ON:
        raise Conflict("This webhook is off. Switch it on first.")
    events.record(session, "webhook.test-asked", endpoint.id, by=by)


def send_again(session: Session, *, endpoint_id: uuid.UUID, message_id: uuid.UUID, by: Actor) -> None:
    """Send a message again, with the identifier that it has, before those of later events.

    Raises Conflict for one that waits already and for an endpoint that is off, and NotFound.
    """
    this = col(WebhookMessage.id) == message_id
    if _requeue(session, endpoint_id, this, by=by):
        return
    query = select(WebhookMessage.id).where(*of_endpoint(by.organisation_id, endpoint_id), this)
    if session.exec(query).one_or_none() is None:
        raise NotFound("message")
    raise Conflict("This message is waiting to be sent.")


def send_parked_again(session: Session, *, endpoint_id: uuid.UUID, by: Actor) -> int:
    """Send the parked messages of an endpoint again, the oldest MOST_AGAIN of them; returns how many these are.

    Raises Conflict for an endpoint that is off, and NotFound.
    """
    oldest = (
        select(WebhookMessage.id)
        .where(*of_endpoint(by.organisation_id, endpoint_id), col(WebhookMessage.state) == WebhookState.PARKED)
        .order_by(col(WebhookMessage.number))
        .limit(MOST_AGAIN)
    )
    return _requeue(session, endpoint_id, col(WebhookMessage.id).in_(oldest), by=by)


def _requeue(session: Session, endpoint_id: uuid.UUID, which: Any, *, by: Actor) -> int:
    endpoint = find_endpoint(session, endpoint_id=endpoint_id, by=by, lock=True)
    if endpoint.state is not EndpointState.ON:
        raise Conflict("This webhook is off. Switch it on first.")
    settled = (
        *of_endpoint(by.organisation_id, endpoint_id),
        col(WebhookMessage.state) != WebhookState.WAITING,
        which,
    )
    waiting = {"state": WebhookState.WAITING, "why": None, "queued_at": now(), "settled_at": None}
    number = rows_changed(session, update(WebhookMessage).where(*settled).values(**waiting))
    if number:
        _try_now(endpoint)
        session.add(endpoint)
        session.flush()
        events.record(session, "webhook.sent-again", endpoint_id, by=by, details={"number": number})
    return number


def _try_now(endpoint: WebhookEndpoint) -> None:
    """Let nothing that went wrong before hold the next attempt up."""
    endpoint.failures, endpoint.failing_since = 0, None
    if endpoint.claim is None:
        endpoint.due_at = now()


def _locked(session: Session, endpoint_id: uuid.UUID, version: int, by: Actor) -> WebhookEndpoint:
    endpoint = find_endpoint(session, endpoint_id=endpoint_id, by=by, lock=True)
    check_version(endpoint.version, version)
    return endpoint


def _changed(
    session: Session, endpoint: WebhookEndpoint, kind: str, by: Actor, **details: str | int
) -> WebhookEndpoint:
    endpoint.version += 1
    session.add(endpoint)
    session.flush()
    events.record(session, kind, endpoint.id, by=by, details=details)
    return endpoint


def _line_of(kinds: Collection[WebhookKind]) -> str:
    return " ".join(kind.value for kind in CHOICES if kind in kinds)


def _checked(plan: EndpointPlan, settings: Settings) -> EndpointPlan:
    """The plan with its texts tidy. Raises Invalid."""
    plan = EndpointPlan(tidy(plan.name), plan.address.strip(), plan.kinds)
    faults = check_label("name", plan.name, called="the webhook", longest=LONGEST_NAME)
    try:
        host_of(plan.address, hosts_in(settings.webhook_hosts))
    except BadAddress as error:
        faults.append(Fault("address", str(error)))
    if not set(plan.kinds) <= set(CHOICES) or not plan.kinds:
        faults.append(Fault("kinds", "Select what the webhook sends."))
    raise_if_any(faults)
    return plan
