"""Webhooks over REST: endpoints, their secrets, and what became of their messages."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, StrictInt
from starlette.responses import Response

from api.foundation.http.dependencies import IdempotencyKey, IfMatch, Page, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import SecretReply, json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.outgoing.targets import LONGEST_ADDRESS
from api.foundation.permissions import Permission
from api.webhooks import actions, queries
from api.webhooks.actions import LONGEST_NAME, LONGEST_OVERLAP_HOURS, OVERLAP_HOURS, EndpointPlan, NewSecret
from api.webhooks.kinds import CHOICES
from models import EndpointState, WebhookEndpoint, WebhookKind, WebhookMessage, WebhookState, WhyNotSent

router = Router(prefix="/webhooks", tags=["Webhooks"])

Reader = Annotated[Transaction, reading(Permission.WRITE_WEBHOOKS)]
Writer = Annotated[Transaction, writing(Permission.WRITE_WEBHOOKS)]
# For what decides where messages go: a person has proved who they are a short time ago.
Keeper = Annotated[Transaction, writing(Permission.WRITE_WEBHOOKS, recent=True)]


class WebhookIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[
        str, Field(min_length=1, max_length=LONGEST_NAME, description="The system that receives the messages.")
    ]
    address: Annotated[
        str,
        Field(
            min_length=1,
            max_length=LONGEST_ADDRESS,
            description="An https address on a host that the operator allows, such as https://hooks.example.org/in.",
        ),
    ]
    kinds: Annotated[
        list[WebhookKind],
        Field(
            min_length=1,
            max_length=len(CHOICES),
            description="What is sent. `webhook.test` cannot be selected: request a test message instead.",
        ),
    ]

    @property
    def plan(self) -> EndpointPlan:
        return EndpointPlan(self.name, self.address, self.kinds)


class WebhookOut(BaseModel):
    id: uuid.UUID
    name: str
    address: str
    kinds: list[WebhookKind]
    state: Annotated[
        EndpointState, Field(description="`gone`: the address answered 410, so nothing more is sent to it.")
    ]
    failing_since: Annotated[datetime | None, Field(description="Null if the last message was delivered.")]
    two_signatures_until: Annotated[
        datetime | None, Field(description="Until when messages have a second signature, with the former secret.")
    ]
    created_at: datetime
    version: int

    @classmethod
    def of(cls, endpoint: WebhookEndpoint, **more: Any) -> Self:
        own = ("id", "name", "address", "state", "failing_since", "created_at", "version")
        return cls(
            kinds=endpoint.chosen_kinds,
            two_signatures_until=endpoint.former_until,
            **{name: getattr(endpoint, name) for name in own},
            **more,
        )


class NewWebhookOut(WebhookOut):
    secret: Annotated[
        str | None,
        Field(
            description="The secret with which the receiver checks signatures. It is returned once: it is null if "
            "the request is repeated. In that case, change the secret."
        ),
    ]


class WebhookList(BaseModel):
    items: list[WebhookOut]


class OverlapIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    overlap_hours: Annotated[
        StrictInt,
        Field(
            ge=0,
            le=LONGEST_OVERLAP_HOURS,
            description="For how many hours messages are signed with the former secret too.",
        ),
    ] = OVERLAP_HOURS


class MessageOut(BaseModel):
    """A message. Its body is `type`, `timestamp` and `data.id`, which are `kind`, `happened_at` and `subject_id`."""

    id: Annotated[uuid.UUID, Field(description="The header `webhook-id` is msg_ and these 32 digits.")]
    kind: WebhookKind
    subject_id: Annotated[uuid.UUID, Field(description="The record that the message is about.")]
    happened_at: datetime
    state: Annotated[
        WebhookState, Field(description="`parked`: not delivered, and not tried again unless you request it.")
    ]
    attempts: int
    tried_at: datetime | None
    why: Annotated[WhyNotSent | None, Field(description="Why the last attempt failed.")]
    status: Annotated[int | None, Field(description="The HTTP status of the last answer.")]
    settled_at: Annotated[datetime | None, Field(description="When the message was delivered or parked.")]

    @classmethod
    def of(cls, message: WebhookMessage) -> Self:
        return cls(**{name: getattr(message, name) for name in cls.model_fields})


class MessageList(BaseModel):
    items: list[MessageOut]
    after: str | None


class SentAgain(BaseModel):
    number: Annotated[int, Field(description="Number of messages that will be sent again.")]


@router.get("", response_model=WebhookList)
def list_webhooks(acting: Reader) -> WebhookList:
    """All webhooks of the organisation, in the order they were created."""
    found = queries.list_endpoints(acting.session, by=acting.actor)
    return WebhookList(items=[WebhookOut.of(each) for each in found])


@router.post("", status_code=201, response_model=NewWebhookOut, responses=refusals(400, 409))
def make_webhook(acting: Keeper, key: IdempotencyKey, webhook: WebhookIn) -> Response:
    """Create a webhook. You must be signed in: a token cannot create webhooks."""

    def make() -> SecretReply:
        made = actions.create_endpoint(acting.session, plan=webhook.plan, settings=acting.settings, by=acting.actor)
        return _with_secret(made, status=201)

    return run_once(acting, key, make)


@router.get("/{webhook_id}", response_model=WebhookOut, responses=refusals(404))
def read_webhook(acting: Reader, webhook_id: uuid.UUID) -> Response:
    return _shown(queries.find_endpoint(acting.session, endpoint_id=webhook_id, by=acting.actor))


@router.put("/{webhook_id}", response_model=WebhookOut, responses=refusals(404, 409, 412, 428))
def change_webhook(acting: Keeper, webhook_id: uuid.UUID, version: IfMatch, webhook: WebhookIn) -> Response:
    """Change a webhook. Messages that wait go to the new address."""
    return _shown(
        actions.change_endpoint(
            acting.session,
            endpoint_id=webhook_id,
            plan=webhook.plan,
            version=version,
            settings=acting.settings,
            by=acting.actor,
        )
    )


@router.delete("/{webhook_id}", status_code=204, responses=refusals(404, 412, 428))
def delete_webhook(acting: Writer, webhook_id: uuid.UUID, version: IfMatch) -> None:
    """Delete a webhook, with its messages."""
    actions.delete_endpoint(acting.session, endpoint_id=webhook_id, version=version, by=acting.actor)


@router.post("/{webhook_id}/switch-on", response_model=WebhookOut, responses=refusals(404, 409, 412, 428))
def switch_webhook_on(acting: Keeper, webhook_id: uuid.UUID, version: IfMatch) -> Response:
    """Send what happens from now on."""
    return _shown(actions.switch_on(acting.session, endpoint_id=webhook_id, version=version, by=acting.actor))


@router.post("/{webhook_id}/switch-off", response_model=WebhookOut, responses=refusals(404, 409, 412, 428))
def switch_webhook_off(acting: Writer, webhook_id: uuid.UUID, version: IfMatch) -> Response:
    """Send nothing more. Messages that wait are parked."""
    return _shown(actions.switch_off(acting.session, endpoint_id=webhook_id, version=version, by=acting.actor))


@router.post("/{webhook_id}/secret", response_model=NewWebhookOut, responses=refusals(400, 404))
def change_webhook_secret(acting: Keeper, key: IdempotencyKey, webhook_id: uuid.UUID, overlap: OverlapIn) -> Response:
    """Change the secret. Until the overlap ends, messages have a signature with each of the two secrets."""

    def make() -> SecretReply:
        made = actions.change_secret(
            acting.session,
            endpoint_id=webhook_id,
            overlap_hours=overlap.overlap_hours,
            settings=acting.settings,
            by=acting.actor,
        )
        return _with_secret(made, status=200)

    return run_once(acting, key, make)


@router.post("/{webhook_id}/test", status_code=204, responses=refusals(404, 409))
def test_webhook(acting: Writer, webhook_id: uuid.UUID) -> None:
    """Send a test message."""
    actions.ask_for_test(acting.session, endpoint_id=webhook_id, by=acting.actor)


@router.get("/{webhook_id}/messages", response_model=MessageList, responses=refusals(404))
def list_webhook_messages(
    acting: Reader,
    page: Page,
    webhook_id: uuid.UUID,
    state: Annotated[WebhookState | None, Query(description="Return only messages in this state.")] = None,
) -> MessageList:
    """Messages to a webhook, the newest first. Messages are kept for 90 days after they were delivered or parked."""
    found = queries.list_messages(
        acting.session,
        endpoint_id=webhook_id,
        by=acting.actor,
        limit=page.to_fetch,
        before=page.after_number,
        state=state,
    )
    shown, after = page.cut(found, key=lambda each: each.number)
    return MessageList(items=[MessageOut.of(each) for each in shown], after=after)


@router.post("/{webhook_id}/messages/{message_id}/send-again", status_code=204, responses=refusals(404, 409))
def send_webhook_message_again(acting: Writer, webhook_id: uuid.UUID, message_id: uuid.UUID) -> None:
    """Send a message again, with the same identifier."""
    actions.send_again(acting.session, endpoint_id=webhook_id, message_id=message_id, by=acting.actor)


@router.post("/{webhook_id}/send-parked-again", response_model=SentAgain, responses=refusals(404, 409))
def send_parked_messages_again(acting: Writer, webhook_id: uuid.UUID) -> SentAgain:
    """Send the parked messages again: the oldest 2,000, in order."""
    return SentAgain(number=actions.send_parked_again(acting.session, endpoint_id=webhook_id, by=acting.actor))


def _shown(endpoint: WebhookEndpoint) -> Response:
    return json_reply(WebhookOut.of(endpoint), version=endpoint.version)


def _with_secret(made: NewSecret, *, status: int) -> SecretReply:
    def answered(secret: str | None) -> Response:
        shown = NewWebhookOut.of(made.endpoint, secret=secret)
        location = f"/api/v1/webhooks/{made.endpoint.id}" if status == 201 else ""
        return json_reply(shown, status=status, version=made.endpoint.version, location=location)

    return SecretReply(answered(made.secret), again=answered(None))
