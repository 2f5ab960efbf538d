"""Whether each stored record is as its newest events say, and every record that an event mentions is stored."""

import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Uuid, bindparam, text

from api.trail.verifying.scratch import Scratch
from checklists.chain import ChainedEvent
from models.evidence.content import Key, Stored, hash_of, stored_contents
from models.evidence.kept import Part, Record, parts_by_kind, records
from models.evidence.sealing import ENDED, GONE, STAYS, key_in, sealed_in

RECORDS_AT_ONCE: Final = 500
NOTES_AT_ONCE: Final = 5_000
# For an event from before events carried hashes; with a signature made then, what the event says about the signature.
_BEFORE: Final = "?"
# For a part: the number of the event, its time and kind, the form of the hash, and the hash.
Note = tuple[int, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """A record that is not as an event says: what is wrong with it, and the event."""

    record: str
    key: Key
    wrong: str
    event: int | None = None
    at: str = ""
    kind: str = ""


@dataclass(slots=True)
class Coverage:
    """How much was compared: parts that are as their events say, and parts from before events carried hashes."""

    compared: int = 0
    from_before: int = 0


class Notes:
    """What the events of one organisation say about its records; for each part, only the newest is kept."""

    def __init__(self, connection: Scratch) -> None:
        self.connection = connection
        self.connection.execute("DELETE FROM note")
        # The first event that carries a hash, by generation of parts.
        self.first_sealed: dict[int, int] = {}
        self._generations = {(record.name, part.name): part.generation for record in records() for part in record.parts}
        self._waiting: list[tuple[Any, ...]] = []

    def noting(self, events: Iterable[ChainedEvent]) -> Iterator[ChainedEvent]:
        """The same events, noted while they are read."""
        by_kind = parts_by_kind()
        for event in events:
            if event.kind in by_kind:
                self._note(event, by_kind[event.kind])
            yield event
        self._write()

    def _note(self, event: ChainedEvent, concerned: Sequence[tuple[Record, Sequence[Part]]]) -> None:
        try:
            details = json.loads(event.details)
            said = {(record, part): (form, value) for record, part, form, value in sealed_in(details)}
        except (ValueError, TypeError, AttributeError):
            return  # the chain says that this event was changed
        for name in said:
            self.first_sealed.setdefault(self._generations.get(name, 1), event.number)
        before = f"{_BEFORE}{details['signature']}" if details.get("signature") else _BEFORE
        for record, parts in concerned:
            key = key_in(record, event.subject, details)
            if key is None:
                continue
            for part in parts:
                form, value = said.get((record.name, part.name), (str(part.form), before))
                self._add(record, key, part.name, event, form, value)
            if event.kind in record.gone_by:
                _, value = said.get((record.name, ""), ("", _BEFORE))
                if value != STAYS:
                    self._all(record, key, event, value)
        if len(self._waiting) > NOTES_AT_ONCE:
            self._write()

    def _all(self, record: Record, key: Key, event: ChainedEvent, value: str) -> None:
        for part in record.parts:
            self._add(record, key, part.name, event, str(part.form), value)

    def _add(self, record: Record, key: Key, part: str, event: ChainedEvent, form: str, value: str) -> None:
        self._waiting.append((record.name, key.id, key.number, part, event.number, event.at, event.kind, form, value))

    def _write(self) -> None:
        self.connection.executemany("INSERT OR REPLACE INTO note VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", self._waiting)
        self._waiting.clear()


def differences(connection: Connection, notes: Notes, organisation_id: int, coverage: Coverage) -> Iterator[Difference]:
    """Everything of an organisation that is not as its events say, record by record."""
    for record in records():
        for keys in _stored_keys(connection, record, organisation_id):
            yield from _compared(connection, notes, record, organisation_id, keys, coverage)
        yield from _missing(notes, record)


def _stored_keys(connection: Connection, record: Record, own: int) -> Iterator[list[Key]]:
    """The keys of all records of a kind, some at a time."""
    is_postgresql = connection.dialect.name == "postgresql"
    mark = "%s" if is_postgresql else "?"
    number = f', "{record.number}"' if record.number else ""
    last: Any = None
    while True:
        after = f" AND {record.key} > {mark}" if last is not None else ""
        # Records with the same identifier and different numbers never fall into two pages: they are read again by
        # identifier.
        query = (
            f'SELECT DISTINCT {record.key} FROM "{record.table}" WHERE organisation_id = {mark}{after}'  # noqa: S608
            f" ORDER BY {record.key} LIMIT {RECORDS_AT_ONCE}"
        )
        values = (own,) if last is None else (own, last)
        found = list(connection.exec_driver_sql(query, values).scalars())
        if not found:
            return
        last = found[-1]
        if not number:
            yield [Key(each if isinstance(each, str) else each.hex) for each in found]
            continue
        with_numbers = (
            f'SELECT {record.key}{number} FROM "{record.table}" WHERE organisation_id = {mark}'  # noqa: S608
            f" AND {record.key} >= {mark} AND {record.key} <= {mark}"
        )
        rows = connection.exec_driver_sql(with_numbers, (own, found[0], last))
        yield [Key(each if isinstance(each, str) else each.hex, int(of_it)) for each, of_it in rows]


def _compared(
    connection: Connection, notes: Notes, record: Record, own: int, keys: Sequence[Key], coverage: Coverage
) -> Iterator[Difference]:
    stored = stored_contents(connection, record, record.parts, own, keys)
    said = _newest_notes(notes, record, keys)
    for key in keys:
        for part in record.parts:
            note = said.get(key, {}).get(part.name)
            is_required = part.required_in is None or stored[key].state in part.required_in
            if note is None or note[-1] in {ENDED, GONE}:
                if is_required or (note is None and _is_added(record, part, own, key, stored[key])):
                    wrong = f"no event records {_its(part)}, so somebody added {_it(part)} in the database"
                    yield Difference(record.name, key, wrong, *(note[:3] if note else ()))
                continue
            event, at, kind, form, value = note
            if value.startswith(_BEFORE):
                yield from _before(connection, notes, record, part, own, key, note, coverage)
            elif form != str(part.form):
                coverage.from_before += 1
            elif value != stored[key].hashes[part.name]:
                yield Difference(
                    record.name, key, f"{_its(part)} {_are(part)} changed in the database", event, at, kind
                )
            else:
                coverage.compared += 1
    some = [(record.name, key.id, key.number) for key in keys]
    notes.connection.executemany("DELETE FROM note WHERE record = ? AND id = ? AND number = ?", some)


def _is_added(record: Record, part: Part, own: int, key: Key, stored: Stored) -> bool:
    """Whether rows of a part are stored that no event mentions, although an event should."""
    return part.empty_at_first and stored.hashes[part.name] != hash_of(record, part, own, key, [()] * len(part.rows))


def _before(
    connection: Connection,
    notes: Notes,
    record: Record,
    part: Part,
    own: int,
    key: Key,
    note: Note,
    coverage: Coverage,
) -> Iterator[Difference]:
    """What an event without a hash says: only the signature of an audit signed before events carried hashes."""
    event, at, kind, _, value = note
    if event > notes.first_sealed.get(part.generation, event):
        yield Difference(record.name, key, f"the event does not record {_its(part)}", event, at, kind)
        return
    coverage.from_before += 1
    if value == _BEFORE or record.name != "audit" or part.name != "state" or kind != "audit.signed-off":
        return
    query = text("SELECT signature FROM audit WHERE organisation_id = :own AND id = :id")
    query = query.bindparams(bindparam("id", uuid.UUID(key.id), Uuid()))
    signature = connection.execute(query, {"own": own}).scalar()
    if signature != value.removeprefix(_BEFORE):
        yield Difference(record.name, key, "its signature is different from the event", event, at, kind)


def _newest_notes(
    notes: Notes, record: Record, keys: Sequence[Key]
) -> dict[Key, dict[str, tuple[int, str, str, str, str]]]:
    found: dict[Key, dict[str, tuple[int, str, str, str, str]]] = {}
    identifiers = list({key.id for key in keys})
    rows = notes.connection.execute(
        "SELECT id, number, part, event, at, kind, form, value FROM note WHERE record = ?"  # noqa: S608
        f" AND id IN ({', '.join('?' * len(identifiers))})",
        (record.name, *identifiers),
    )
    for identifier, number, part, *note in rows:
        found.setdefault(Key(identifier, number), {})[part] = tuple(note)
    return found


def _missing(notes: Notes, record: Record) -> Iterator[Difference]:
    """The records that events mention, that nobody deleted, and that are nevertheless not stored."""
    rows = notes.connection.execute(
        "SELECT id, number, max(event), at, kind FROM note WHERE record = ? AND value NOT IN (?, ?)"
        " GROUP BY id, number ORDER BY max(event)",
        (record.name, GONE, ENDED),
    )
    for identifier, number, event, at, kind in rows:
        if kind in record.gone_by:
            continue  # from before events said whether it went
        yield Difference(record.name, Key(identifier, number), "is missing from the database", event, at, kind)


def _its(part: Part) -> str:
    return f"its {part.called}"


def _are(part: Part) -> str:
    return "were" if _is_several(part) else "was"


def _it(part: Part) -> str:
    return "them" if _is_several(part) else "it"


def _is_several(part: Part) -> bool:
    return "," in part.called or " and " in part.called or part.called.endswith("s")
