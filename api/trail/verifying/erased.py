"""What a verification says about erased records: by whom and when, so that nobody takes that for tampering."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select

from checklists.plurals import plural
from models import Event, Person
from models.storage.bulk import table_of

ERASED: Final = "erasure.confirmed"
REPEATED: Final = "erasure.repeated"
RETENTION: Final = "retention.applied"
# Further erasures are counted, not listed.
MOST_LISTED: Final = 20


def erasures_in_words(connection: Connection, organisation_id: int) -> Iterator[str]:
    """The erasures of an organisation in sentences, the newest first; of many, how many more there are.

    The events are checked by the verification that says this: so nobody without the key of the service can add one.
    """
    events = table_of(Event)
    mine = (events.c.organisation_id == organisation_id, events.c.kind.in_((ERASED, REPEATED)))
    number = connection.execute(select(func.count()).select_from(events).where(*mine)).scalar_one()
    newest = select(events).where(*mine).order_by(events.c.number.desc()).limit(MOST_LISTED)
    rows = connection.execute(newest).all()
    names = _names(connection, organisation_id, rows)
    yield from (_sentence(row, names) for row in rows)
    if number > len(rows):
        yield f"And {plural(number - len(rows), 'more erasure')}."
    yield from _retention_in_words(connection, organisation_id)


def _retention_in_words(connection: Connection, organisation_id: int) -> Iterator[str]:
    events = table_of(Event)
    mine = (events.c.organisation_id == organisation_id, events.c.kind == RETENTION)
    query = select(func.count(), func.max(events.c.at), func.max(events.c.number)).where(*mine)
    number, newest, last = connection.execute(query).one()
    if number:
        times = "once" if number == 1 else f"{number:,} times"
        yield (
            f"Records were deleted at the end of their retention period {times}, last on {_moment(newest)} (event "
            f"{last:,})."
        )


def _sentence(event: Any, names: dict[uuid.UUID, str]) -> str:
    details = _details(event)
    at = _moment(event.at)
    if event.kind == REPEATED:
        return f"A case was erased again on {at}, after a backup was restored (event {event.number:,})."
    audits = details.get("audits", 0)
    confirmed = names.get(event.person_id, "a deleted person")
    asked = names.get(_identifier(details.get("asked_by")), "a deleted person")
    return (
        f"A case with {plural(audits, 'audit')} was erased on {at}: requested by {asked}, confirmed "
        f"by {confirmed} (event {event.number:,})."
    )


def _moment(at: datetime) -> str:
    moment = at if at.tzinfo else at.replace(tzinfo=UTC)
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _details(event: Any) -> dict[str, Any]:
    try:
        found = json.loads(event.details)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _identifier(text: object) -> uuid.UUID:
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return uuid.UUID(int=0)


def _names(connection: Connection, organisation_id: int, rows: Any) -> dict[uuid.UUID, str]:
    people = table_of(Person)
    wanted = {each for row in rows for each in (row.person_id, _identifier(_details(row).get("asked_by"))) if each}
    query = select(people.c.id, people.c.name).where(
        people.c.organisation_id == organisation_id, people.c.id.in_(wanted)
    )
    return dict(connection.execute(query).all())
