"""The outbox over REST: emails that could not be sent, and what to do with them."""

import uuid
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from api.foundation.http.dependencies import Page, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.routing import Router
from api.foundation.outbox import queue as actions
from api.foundation.outbox.queue import ParkedMessage
from api.foundation.permissions import Permission
from models import About, WhyParked

router = Router(prefix="/outbox", tags=["Outbox"])
ReadingWriter = Annotated[Transaction, reading(Permission.WRITE_OUTBOX)]
WritingWriter = Annotated[Transaction, writing(Permission.WRITE_OUTBOX)]


class ParkedMessageOut(BaseModel):
    """An email that is not retried automatically. Its text cannot be read."""

    id: uuid.UUID
    about: About
    person_id: Annotated[uuid.UUID, Field(description="The recipient.")]
    why: Annotated[
        WhyParked | None,
        Field(
            description="`address`: the address cannot be used; `refused`: permanently refused by the mail "
            "server; `not-taken`: not accepted after several hours of retries."
        ),
    ]
    attempts: int
    made_at: datetime
    parked_at: datetime | None

    @classmethod
    def of(cls, parked: ParkedMessage) -> Self:
        found = parked.message
        return cls(
            id=found.id,
            about=found.about,
            person_id=found.person_id,
            why=found.why_parked,
            attempts=found.attempts,
            made_at=found.made_at,
            parked_at=found.settled_at,
        )


class ParkedMessageList(BaseModel):
    items: list[ParkedMessageOut]
    after: str | None
    waiting_since: Annotated[
        datetime | None,
        Field(
            description=(
                "The time since when the oldest email still being retried has waited. A long wait "
                "means that the mail server is not available."
            )
        ),
    ]


@router.get("", response_model=ParkedMessageList)
def list_parked_messages(acting: ReadingWriter, page: Page) -> ParkedMessageList:
    """Emails that could not be sent and need action."""
    found = actions.list_parked(acting.session, by=acting.actor, limit=page.to_fetch, after=page.after_id)
    shown, after = page.cut(found, key=lambda each: each.message.id)
    return ParkedMessageList(
        items=[ParkedMessageOut.of(each) for each in shown],
        after=after,
        waiting_since=actions.waiting_since(acting.session, by=acting.actor),
    )


@router.post("/{message_id}/try-again", status_code=204, responses=refusals(404, 409))
def try_message_again(acting: WritingWriter, message_id: uuid.UUID) -> None:
    """Send an email again, as if for the first time."""
    actions.try_again(acting.session, message_id=message_id, by=acting.actor)


@router.post("/{message_id}/give-up", status_code=204, responses=refusals(404, 409))
def give_message_up(acting: WritingWriter, message_id: uuid.UUID) -> None:
    """Discard an email: the person was notified in another way, or does not need to be."""
    actions.give_up_message(acting.session, message_id=message_id, by=acting.actor)
