"""The trail of events over REST."""

import json
import uuid
from datetime import datetime
from typing import Annotated, Final, Self

from fastapi import Query
from pydantic import BaseModel, Field

from api.foundation.http.dependencies import Page, Transaction, reading
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.trail.queries import list_events
from checklists.event_codes import ENTRY as CODE
from models import Event
from models.evidence.sealing import ENTRY

router = Router(prefix="/events", tags=["Events"])

Kind = Annotated[
    str, Query(max_length=60, pattern=r"^[a-z.-]+$", description="Return only this kind of event, such as `team.made`.")
]
_OF_ANSWERS: Final = ("overall", "signature")
# Their themes are those whose answers a moderator changed.
_CHANGES_ANSWERS: Final = frozenset({"audit.agreed"})


class EventOut(BaseModel):
    at: datetime
    kind: Annotated[str, Field(description="The type of record and action, such as `team.made`.")]
    subject_id: Annotated[uuid.UUID, Field(description="The record affected. All zeros: the whole organisation.")]
    person_id: Annotated[
        uuid.UUID | None,
        Field(description="The person who did this. Null with no token: the operator, or nobody signed in."),
    ]
    token_id: Annotated[uuid.UUID | None, Field(description="The token used, if any.")]
    details: dict[str, str | int | bool | None]

    @classmethod
    def of(cls, event: Event) -> Self:
        return cls(
            at=event.at,
            kind=event.kind,
            subject_id=event.subject_id,
            person_id=event.person_id,
            token_id=event.token_id,
            details=shown_details(event),
        )


class EventList(BaseModel):
    items: list[EventOut]
    after: str | None


@router.get("", response_model=EventList)
def read_events(
    acting: Annotated[Transaction, reading(Permission.READ_EVENTS)],
    page: Page,
    kind: Kind | None = None,
    subject: Annotated[uuid.UUID | None, Query(description="Return only events for this record.")] = None,
) -> EventList:
    """Actions and who took them, newest first. Identifiers only."""
    found = list_events(
        acting.session,
        by=acting.actor,
        limit=page.to_fetch,
        before=page.after_number,
        kind=kind,
        subject_id=subject,
    )
    shown, after = page.cut(found, key=lambda each: each.number)
    return EventList(items=[EventOut.of(event) for event in shown], after=after)


def shown_details(event: Event) -> dict[str, str | int | bool | None]:
    """The details of an event, for administrators, who read no audit: without what was judged, and without its code,
    hashes and signatures, since who guesses answers could try them against those.
    """
    details: dict[str, str | int | bool | None] = json.loads(event.details)
    hidden = {ENTRY, CODE, *_OF_ANSWERS, *(("themes",) if event.kind in _CHANGES_ANSWERS else ())}
    return {name: value for name, value in details.items() if name not in hidden}
