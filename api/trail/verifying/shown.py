"""Whether everything that events say people were shown is recorded as seen: blindness is judged by those records."""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, select

from api.foundation.identity.showing import ShowingKinds
from api.trail.verifying.contents import Difference, Notes
from api.trail.verifying.scratch import Scratch
from checklists.chain import ChainedEvent
from models import Audit, Export, HasListed, HasSeen, Round, Snapshot
from models.evidence.content import Key
from models.storage.bulk import table_of

AT_ONCE: Final = 500
# The generation of parts from which on every such event has a record of having been seen.
_GENERATION: Final = 2
# Subject, person, number, time and kind of an event.
_Shown = tuple[str, str, int, str, str]


class Shown:
    """What people were shown, by the events of one organisation: the first event of each person and subject."""

    def __init__(self, connection: Scratch, notes: Notes, kinds: ShowingKinds) -> None:
        self.connection = connection
        self.connection.execute("DELETE FROM shown")
        self._notes = notes
        self._kinds = kinds
        self._waiting: list[tuple[Any, ...]] = []

    def noting(self, events: Iterable[ChainedEvent]) -> Iterator[ChainedEvent]:
        """The same events, noted while they are read."""
        for event in events:
            of_round = event.kind in self._kinds.rounds
            shows = of_round or event.kind in self._kinds.audits
            if shows and event.person and _GENERATION in self._notes.first_sealed:
                whose = _identifiers_of(_round_in(event) if of_round else event.subject, event.person)
                if whose is not None:
                    self._waiting.append((of_round, *whose, event.number, event.at, event.kind))
                if len(self._waiting) >= AT_ONCE:
                    self._write()
            yield event
        self._write()

    def _write(self) -> None:
        self.connection.executemany("INSERT OR IGNORE INTO shown VALUES (?, ?, ?, ?, ?, ?)", self._waiting)
        self._waiting.clear()

    def pages(self, *, of_rounds: bool) -> Iterator[list[_Shown]]:
        """What was noted about audits, or about rounds, some at a time."""
        last = ("", "")
        while True:
            rows = self.connection.execute(
                "SELECT subject, person, event, at, kind FROM shown WHERE of_round = ? AND (subject, person) > (?, ?)"
                " ORDER BY subject, person LIMIT ?",
                (of_rounds, *last, AT_ONCE),
            ).fetchall()
            if not rows:
                return
            yield rows
            last = rows[-1][:2]


def _round_in(event: ChainedEvent) -> str:
    """The round that an event names, or its subject."""
    try:
        return uuid.UUID(str(json.loads(event.details)["round"])).hex
    except (ValueError, TypeError, KeyError):
        return event.subject


def _identifiers_of(subject: str, person: str) -> tuple[str, str] | None:
    """The subject and the person of an event; None if it was changed to name neither, which the chain reports."""
    try:
        return uuid.UUID(str(subject)).hex, uuid.UUID(str(person)).hex
    except ValueError:
        return None


def not_recorded(connection: Connection, shown: Shown, own: int) -> Iterator[Difference]:
    """Each event that showed somebody an audit that is not theirs, or a round, although the record of that is gone."""
    for rows in shown.pages(of_rounds=False):
        yield from _of_audits(connection, own, rows)
    for rows in shown.pages(of_rounds=True):
        yield from _of_rounds(connection, own, rows)


def _of_audits(connection: Connection, own: int, rows: Sequence[_Shown]) -> Iterator[Difference]:
    audits, seen = table_of(Audit), table_of(HasSeen)
    subjects = _identifiers(rows)
    query = select(audits.c.id, audits.c.auditor_id).where(audits.c.organisation_id == own, audits.c.id.in_(subjects))
    auditors: dict[uuid.UUID, uuid.UUID] = dict(connection.execute(query).all())
    query = select(seen.c.audit_id, seen.c.person_id).where(
        seen.c.organisation_id == own, seen.c.audit_id.in_(subjects)
    )
    recorded = set(connection.execute(query).all())
    for subject, person, *event in rows:
        audit_id, person_id = uuid.UUID(subject), uuid.UUID(person)
        # Reallocating an audit records that its auditor saw it.
        if auditors.get(audit_id, person_id) != person_id and (audit_id, person_id) not in recorded:
            yield _gone("audit", audit_id, f"the record that person {person_id} saw it", event)


def _of_rounds(connection: Connection, own: int, rows: Sequence[_Shown]) -> Iterator[Difference]:
    rounds = _rounds_of(connection, own, _identifiers(rows))
    listed = table_of(HasListed)
    query = select(listed.c.round_id, listed.c.person_id).where(
        listed.c.organisation_id == own, listed.c.round_id.in_(set(rounds.values()))
    )
    recorded = set(connection.execute(query).all())
    for subject, person, *event in rows:
        round_id, person_id = rounds.get(uuid.UUID(subject)), uuid.UUID(person)
        if round_id is not None and (round_id, person_id) not in recorded:
            yield _gone("round", round_id, f"the record that person {person_id} listed its answers", event)


def _rounds_of(connection: Connection, own: int, subjects: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, uuid.UUID]:
    """The round of each of these rounds, snapshots and exports."""
    found: dict[uuid.UUID, uuid.UUID] = {}
    for model, column in ((Round, "id"), (Snapshot, "round_id"), (Export, "round_id")):
        table = table_of(model)
        query = select(table.c.id, table.c[column]).where(table.c.organisation_id == own, table.c.id.in_(subjects))
        found |= dict(connection.execute(query).all())
    return found


def _identifiers(rows: Sequence[_Shown]) -> list[uuid.UUID]:
    return list({uuid.UUID(subject) for subject, *_ in rows})


def _gone(record: str, identifier: uuid.UUID, what: str, event: Sequence[Any]) -> Difference:
    return Difference(record, Key(identifier.hex), f"{what} was deleted from the database", *event)
