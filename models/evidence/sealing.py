"""Sealing: an event that may change a kept part carries a hash of that part as it is when its transaction ends."""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from models.evidence.content import Key, Stored, hash_at_hand, label, stored_contents
from models.evidence.kept import Part, Record, parts_by_kind

# The entry of an event's details: the parts with their hashes, `audit.answers/1=…`, with a space between two.
ENTRY: Final = "content"
# In place of a hash: the part may change until the next event, or the record is no longer stored.
ENDED: Final = "-"
GONE: Final = "gone"
STAYS: Final = "stays"

Row = MutableMapping[str, Any]
_as_json: Final = json.JSONEncoder(separators=(",", ":")).encode


def content_at_hand(
    record: Record,
    organisation_id: int,
    identifier: uuid.UUID,
    tables: Mapping[str, Sequence[Any]],
    parts: Iterable[str] = (),
) -> str:
    """What an event says of these parts, or all that its rows make up, from rows that are about to be stored."""
    chosen = set(parts)
    return " ".join(
        f"{label(record, part)}={hash_at_hand(record, part, organisation_id, identifier, tables)}"
        for part in record.parts
        if part.name in chosen
    )


def seal(connection: Connection, rows: Sequence[Row]) -> None:
    """Add to these events the hashes of the parts that they may have changed, unless an event has them already.

    Of several events about one part, the last carries its hash.
    """
    by_kind = parts_by_kind()
    concerned = [row for row in rows if row["kind"] in by_kind]
    if not concerned:
        return
    wanted: dict[tuple[int, int], tuple[Record, dict[str, Part], dict[Key, None]]] = {}
    places: dict[tuple[int, str, Key, str], tuple[Row, Record]] = {}
    for row in concerned:
        details = json.loads(row["details"])
        said = {each.split("/")[0] for each in str(details.get(ENTRY, "")).split()}
        for record, parts in by_kind[row["kind"]]:
            key = key_in(record, row["subject_id"].hex, details)
            if key is None:
                continue
            own = row["organisation_id"]
            missing = [part for part in parts if f"{record.name}.{part.name}" not in said]
            if not missing and row["kind"] not in record.gone_by:
                continue
            _, of_record, keys = wanted.setdefault((own, id(record)), (record, {}, {}))
            of_record.update({part.name: part for part in missing})
            keys[key] = None
            for part in missing:
                places[own, record.name, key, part.name] = (row, record)
            if row["kind"] in record.gone_by:
                places[own, record.name, key, ""] = (row, record)
    found = {
        (own, record.name): (record, stored_contents(connection, record, parts.values(), own, keys))
        for (own, _), (record, parts, keys) in wanted.items()
    }
    _write(places, found)


def _write(
    places: Mapping[tuple[int, str, Key, str], tuple[Row, Record]],
    found: Mapping[tuple[int, str], tuple[Record, Mapping[Key, Stored]]],
) -> None:
    said: dict[int, tuple[Row, list[str]]] = {}
    for (own, name, key, part_name), (row, record) in places.items():
        stored = found[own, name][1].get(key)
        texts = said.setdefault(id(row), (row, []))[1]
        if not part_name:
            texts.append(f"{record.name}={GONE if stored is None else STAYS}")
            continue
        part = next(each for each in record.parts if each.name == part_name)
        if stored is not None:
            is_sealed = part.sealed_in is None or stored.state in part.sealed_in
            texts.append(f"{label(record, part)}={stored.hashes[part_name] if is_sealed else ENDED}")
    for row, texts in said.values():
        if texts:
            details = json.loads(row["details"])
            details[ENTRY] = " ".join(filter(None, (details.get(ENTRY, ""), *texts)))
            row["details"] = _as_json(details)


def key_in(record: Record, subject: str, details: Mapping[str, Any]) -> Key | None:
    """The record that an event is about; None where its details do not name it."""
    number = details.get(record.number) if record.number else 0
    if not isinstance(number, int):
        return None
    if not record.named_in:
        return Key(subject, number)
    try:
        return Key(uuid.UUID(str(details.get(record.named_in))).hex, number)
    except ValueError:
        return None


def sealed_in(details: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """The name, part, form and hash of each record in an event's details; no part and no form for a record that is
    gone.
    """
    for each in str(details.get(ENTRY, "")).split():
        where, _, value = each.partition("=")
        name, _, form = where.partition("/")
        record, _, part = name.partition(".")
        yield record, part, form, value
