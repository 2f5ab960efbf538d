"""Events in plain words: one sentence for every kind, and the history of an audit."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlmodel import Session, col, select

from api.access.audits import check_can_read_audit, may_read_every_audit
from api.audits.actions import get_audit, template_of
from api.foundation import access_log
from api.foundation.events import EVENT_TEXTS
from api.foundation.permissions import Actor
from api.people import actions as people
from api.trail.in_words import people_in, words_of
from checklists.audits.scoring import overall_choices, overall_label
from checklists.templates.template import Template
from models import Event, Round


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """An event of an audit, and its number in the trail."""

    number: int
    at: datetime
    sentence: str


@cache
def event_texts() -> Mapping[str, str]:
    """The sentence of each kind of event, as the rooms provide it."""
    return {kind: text for texts in EVENT_TEXTS for kind, text in texts.items()}


def history_of_audit(
    session: Session, *, audit_id: uuid.UUID, by: Actor, limit: int, before: int | None = None
) -> list[HistoryLine]:
    """What was done to an audit, newest first, before the event `before`; for people who may read the audit.

    It names judgements and themes that were changed: so anybody who reads that of another person has opened the audit.

    Refusals are shown only to people who may read every audit: nobody else learns who else is involved with the case.
    Raises NotFound.
    """
    audit = check_can_read_audit(by, get_audit(session, audit_id, by))
    if audit.auditor_id != by.person_id:
        access_log.record_view(session, "audit.read", audit.id, by=by)
    query = select(Event).where(col(Event.organisation_id) == by.organisation_id, col(Event.subject_id) == audit_id)
    if not may_read_every_audit(by):
        query = query.where(col(Event.kind) != "audit.refused")
    if before is not None:
        query = query.where(col(Event.number) < before)
    found = session.exec(query.order_by(col(Event.number).desc()).limit(limit)).all()
    template = template_of(session, session.get_one(Round, (audit.organisation_id, audit.round_id)))
    names = names_in(session, found, by=by)
    return [HistoryLine(event.number, event.at, describe_event(event, names, template)) for event in found]


def names_in(session: Session, found: Sequence[Event], *, by: Actor) -> dict[uuid.UUID, str]:
    """The names of the people in these events."""
    concerned = {
        each
        for event in found
        for each in (event.person_id, event.subject_id, *people_in(json.loads(event.details)))
        if each
    }
    return people.names_of(session, concerned, by=by)


def describe_event(
    event: Event,
    names: Mapping[uuid.UUID, str],
    template: Template | None = None,
    *,
    details: Mapping[str, Any] | None = None,
) -> str:
    """The sentence of an event, without its time; themes by their titles where the template is given.

    `details`: the ones that the reader may be shown; without it all are.
    """
    every = json.loads(event.details)
    details = every if details is None else details
    named = _named(event)
    overall = details.get("overall")
    sentence = (
        event_texts()
        .get(event.kind, event.kind + ", by {who}")
        .format(
            who=actor_name(event, names),
            **{role: names.get(person, "a deleted person") if person else "somebody" for role, person in named.items()},
            themes="; ".join(_label(template, key) for key in str(details.get("themes", "")).split())
            or ("not shown" if every.get("themes") else "nothing"),
            number=details.get("number", ""),
        )
    )
    return sentence if overall is None else f"{sentence}. Overall judgement: {_rating(template, overall)}"


def actor_name(event: Event, names: Mapping[uuid.UUID, str]) -> str:
    """The actor, for the middle of a sentence."""
    if event.person_id is not None:
        name = names.get(event.person_id, str(event.person_id))
        return f"{name} (by token)" if event.token_id is not None else name
    return "an integration" if event.token_id is not None else "the operator"


def _named(event: Event) -> dict[str, uuid.UUID | None]:
    """The person named in an event's details."""
    details = json.loads(event.details)
    return {role: uuid.UUID(details[role]) if details.get(role) else None for role in ("auditor", "person")}


def _rating(template: Template | None, key: str) -> str:
    if not key:
        return "no judgement"
    return overall_label(template, key) if template is not None and key in overall_choices(template) else key


def _label(template: Template | None, key: str) -> str:
    return template.theme(key).label if template is not None and template.has_theme(key) else words_of(key)
