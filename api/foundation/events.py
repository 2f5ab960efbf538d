"""Every write adds its event to the trail, in the same transaction."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlmodel import Session

from api.foundation.hooks import Hook
from api.foundation.identity import having_seen
from api.foundation.permissions import Actor
from models import now
from models.storage.trail import pending_events

# The sentence for each kind of event. `{who}` is the actor; `{auditor}`, `{person}`, `{themes}` and `{number}` come
# from its details.
EVENT_TEXTS: Final = Hook[Mapping[str, str]]("texts of events")

_as_json = json.JSONEncoder(separators=(",", ":")).encode
# Nobody knows an organisation by an identifier, so its events have no identifier as their subject.
THE_ORGANISATION = uuid.UUID(int=0)


def record(
    session: Session,
    kind: str,
    subject_id: uuid.UUID,
    *,
    by: Actor,
    details: Mapping[str, str | int | bool | None] | None = None,
) -> None:
    """Add an event: what was done (`audit.submitted`), to what, by whom. Details hold identifiers, never free text.

    An event with neither person nor token was caused by nobody signed in: the operator on the host, or somebody who
    failed to sign in.
    """
    record_many(session, [row(kind, subject_id, by=by, details=details)])


def row(
    kind: str,
    subject_id: uuid.UUID,
    *,
    by: Actor,
    details: Mapping[str, str | int | bool | None] | None = None,
) -> dict[str, object]:
    """An event as a row, for actions that write many at once."""
    return {
        "organisation_id": by.organisation_id,
        "at": now(),
        "kind": kind,
        "subject_id": subject_id,
        "person_id": by.person_id,
        "token_id": by.token_id,
        "details": _as_json(details or {}),
    }


def record_prepared(session: Session, rows: Iterable[dict[str, object]]) -> None:
    """Add events that `row` made earlier, as of this moment."""
    at = now()
    record_many(session, [{**event, "at": at} for event in rows])


def record_many(session: Session, rows: Sequence[dict[str, object]]) -> None:
    """Add many events made by `row`. They are numbered and written when the transaction ends, in this order."""
    pending_events(session).extend(rows)
    having_seen.note(session, rows)
