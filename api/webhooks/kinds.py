"""Which events of the trail become messages, and what each message says."""

import json
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from models import WebhookKind

K = WebhookKind

# The kinds of message that an endpoint may choose; a test message comes to the endpoint that is tested.
CHOICES: Final = tuple(kind for kind in K if kind is not K.TEST)
TESTED: Final = "webhook.test-asked"
_BY_EVENT: Final[Mapping[str, WebhookKind]] = {
    "round.opened": K.ROUND_OPENED,
    "round.closed": K.ROUND_CLOSED,
    "audit.submitted": K.AUDIT_SUBMITTED,
    "audit.recorded": K.AUDIT_SUBMITTED,
    "audit.returned": K.AUDIT_RETURNED,
    "audit.agreed": K.AUDIT_AGREED,
    "audit.accepted": K.AUDIT_AGREED,
    "audit.consensus-reached": K.AUDIT_AGREED,
    "audit.signed-off": K.AUDIT_SIGNED,
    "concern.raised": K.CONCERN_RAISED,
    "concern.escalated": K.CONCERN_ESCALATED,
    "concern.closed": K.CONCERN_CLOSED,
    "snapshot.published": K.SNAPSHOT_PUBLISHED,
    # Not while it is only proposed: of an audit in progress nobody else hears.
    "action.agreed": K.ACTION_CREATED,
    "action.went-live": K.ACTION_CREATED,
    "action.reminded": K.ACTION_OVERDUE,
    "action.impact-confirmed": K.ACTION_CLOSED,
    "action.no-impact": K.ACTION_CLOSED,
    "action.dropped": K.ACTION_CLOSED,
    "case-list.taken": K.IMPORT_FINISHED,
    TESTED: K.TEST,
}
# Events whose subject is an audit, and which are about something else that their details name.
_NAMED_IN_DETAILS: Final = {K.CONCERN_RAISED: "concern", K.CONCERN_ESCALATED: "concern", K.CONCERN_CLOSED: "concern"}

del K


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of a kind that may become a message."""

    number: int
    at: datetime
    event_kind: str
    subject_id: uuid.UUID
    details: str


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says: the kind, the record and when."""

    kind: WebhookKind
    subject_id: uuid.UUID
    happened_at: datetime

    @property
    def body(self) -> bytes:
        """The message as receivers read it; the same bytes however often it is sent."""
        at = self.happened_at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        content = {"type": self.kind.value, "timestamp": at, "data": {"id": str(self.subject_id)}}
        return json.dumps(content, separators=(",", ":")).encode()


def event_kinds_of(chosen: Collection[WebhookKind]) -> list[str]:
    """The kinds of events that become messages of these kinds, or a test."""
    return [event for event, kind in _BY_EVENT.items() if kind in chosen or kind is WebhookKind.TEST]


def message_about(happened: Happened, *, to: uuid.UUID) -> Content | None:
    """The message about an event to one endpoint; None where there is none."""
    kind, details = _BY_EVENT[happened.event_kind], json.loads(happened.details)
    if kind is WebhookKind.TEST and happened.subject_id != to:
        return None
    # The same event tells the owner beforehand, and others later.
    if kind is WebhookKind.ACTION_OVERDUE and not details.get("overdue"):
        return None
    named = details.get(_NAMED_IN_DETAILS.get(kind, ""))
    return Content(kind, uuid.UUID(named) if named else happened.subject_id, happened.at)
