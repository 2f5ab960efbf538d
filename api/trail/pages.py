"""The page of the trail: who did what, with names instead of people's identifiers."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request
from sqlmodel import Session
from starlette.responses import Response

from api.foundation.events import THE_ORGANISATION
from api.foundation.http.dependencies import Page, Transaction, reading
from api.foundation.http.routing import Router
from api.foundation.pages.rendering import render
from api.foundation.permissions import Actor, Permission
from api.trail.history.queries import describe_event, event_texts, names_in
from api.trail.in_words import details_in_words
from api.trail.queries import list_events
from api.trail.routes import shown_details
from models import Event

router = Router(include_in_schema=False)
# Kinds of events that nobody signed in causes.
_BY_NOBODY = frozenset({"person.sign-in-failed", "person.second-factor-failed"})


@dataclass(frozen=True, slots=True)
class Line:
    """An event as the page shows it."""

    at: datetime
    who: str
    sentence: str
    kind: str
    subject: str
    subject_id: uuid.UUID
    details: list[str]


@router.get("/events")
def list_trail(
    request: Request,
    acting: Annotated[Transaction, reading(Permission.READ_EVENTS)],
    page: Page,
    kind: Annotated[str, Query(max_length=60)] = "",
    subject: Annotated[uuid.UUID | None, Query()] = None,
) -> Response:
    kind = kind.strip().lower()
    found = list_events(
        acting.session,
        by=acting.actor,
        limit=page.to_fetch,
        before=page.after_number,
        kind=kind or None,
        subject_id=subject,
    )
    chosen = {name: str(value) for name, value in (("kind", kind), ("subject", subject)) if value}
    shown, after = page.cut(found, key=lambda each: each.number)
    return render(
        request,
        "trail/list.html",
        acting=acting,
        lines=_lines(acting.session, shown, acting.actor),
        kind=kind,
        subject=subject,
        list_path=f"/events?{urlencode(chosen)}" if chosen else "/events",
        after=after,
        first=page.after is None,
    )


def _lines(session: Session, found: Sequence[Event], by: Actor) -> list[Line]:
    names = names_in(session, found, by=by)
    return [
        Line(
            event.at,
            _who(event, names),
            describe_event(event, names, details=shown_details(event)),
            event.kind,
            "The organisation"
            if event.subject_id == THE_ORGANISATION
            else names.get(event.subject_id, str(event.subject_id)),
            event.subject_id,
            details_in_words(event.kind, _beside_the_sentence(event), names),
        )
        for event in found
    ]


def _beside_the_sentence(event: Event) -> dict[str, str | int | bool | None]:
    """The details that the sentence of the event does not say already."""
    text = event_texts().get(event.kind, "")
    return {name: value for name, value in shown_details(event).items() if f"{{{name}}}" not in text}


def _who(event: Event, names: dict[uuid.UUID, str]) -> str:
    if event.person_id is not None:
        name = names.get(event.person_id, str(event.person_id))
        return f"{name}, by token" if event.token_id is not None else name
    if event.token_id is not None:
        return "An integration"
    return "Nobody signed in" if event.kind in _BY_NOBODY else "The operator"
