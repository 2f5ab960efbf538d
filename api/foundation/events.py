"""Every write adds its event to the trail, in the same transaction."""

import json
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlmodel import Session

from api.foundation.hooks import WRITING, Hook
from api.foundation.permissions import Actor
from models import Event, now
from models.storage.bulk import table_of
from models.storage.trail import Row, Trail, pending_events

# The sentence for each kind of event. `{who}` is the actor; `{auditor}`, `{person}`, `{themes}` and `{number}` come
# from its details.
EVENT_TEXTS: Final = Hook[Mapping[str, str]]("texts of events")
# Called with events, in the transaction that writes them.
RECORDED_WITH_EVENTS: Final = Hook[Callable[[Session, Iterable[Row]], None]](
    "what is recorded with events", read_at=WRITING
)

_as_json = json.JSONEncoder(separators=(",", ":")).encode
# Nobody knows an organisation by an identifier, so its events have no identifier as their subject.
THE_ORGANISATION = uuid.UUID(int=0)
MOST_LOOKED_THROUGH: Final = 2_000
# As long as nobody may use a service whose clock is believed.
LONGEST_SILENCE: Final = timedelta(days=37)
# How long people have to notice that the clock is wrong.
NOTICED_WITHIN: Final = timedelta(days=7)
_TRAIL: Final = table_of(Trail)
_EVENTS: Final = table_of(Event)


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
    at: datetime | None = None,
) -> dict[str, object]:
    """An event as a row, of this moment or another, for actions that write many at once."""
    return {
        "organisation_id": by.organisation_id,
        "at": at or now(),
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
    record_with(session, rows)


def record_with(session: Session, rows: Iterable[Row]) -> None:
    """Record what rooms record with these events."""
    for record_more in RECORDED_WITH_EVENTS:
        record_more(session, rows)


def number_of_newest(session: Session, organisation_id: int) -> int:
    """The number of the organisation's newest event; 0 before the first.

    Read before anything else that is read: whatever changes afterwards has an event with a greater number.
    """
    found = session.execute(select(_TRAIL.c.length).where(_TRAIL.c.organisation_id == organisation_id))
    return found.scalar() or 0


def has_only(session: Session, organisation_id: int, kinds: Collection[str], *, after: int, up_to: int) -> bool:
    """Whether every event after one number, up to another, is of one of these kinds.

    Whatever changes anything adds its event in the same transaction: so what none of these kinds changes has not
    changed. False where so many events came that looking through them would take long.
    """
    if not 0 <= up_to - after <= MOST_LOOKED_THROUGH:
        return False
    other = select(_EVENTS.c.number).where(
        _EVENTS.c.organisation_id == organisation_id,
        _EVENTS.c.number > after,
        _EVENTS.c.number <= up_to,
        _EVENTS.c.kind.not_in(kinds),
    )
    return up_to == after or session.execute(other.limit(1)).first() is None


def newest_before(session: Session, organisation_id: int, at: datetime) -> datetime | None:
    """When the newest event of an organisation happened that is older than NOTICED_WITHIN; None without one."""
    older = (_EVENTS.c.organisation_id == organisation_id, _EVENTS.c.at <= at - NOTICED_WITHIN)
    found: datetime | None = session.execute(
        select(_EVENTS.c.at).where(*older).order_by(_EVENTS.c.number.desc()).limit(1)
    ).scalar()
    return found


def doubted_since(session: Session, at: datetime) -> datetime | None:
    """Until when this time is known to be right by the trails, if it may be wrong; None if it is believed.

    A machine that starts with a wrong year would otherwise delete what is kept for days or weeks.
    """
    newest = None
    for organisation_id in session.execute(select(_TRAIL.c.organisation_id)).scalars():
        found = newest_before(session, organisation_id, at)
        if found is not None and at - found <= LONGEST_SILENCE:
            return None
        newest = max(filter(None, (newest, found)), default=None)
    return newest
