"""Tampering with a trail as somebody could who has the whole database and the second place, but not the key."""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, text

from api.trail.checkpoint_signer import CheckpointSigner
from api.trail.checkpoints import write_due
from api.trail.verifying.verification import VerificationResult, verify
from checklists.chain import ChainedEvent, Head, event_hash
from models import Organisation, now
from models.storage.database import Database
from models.storage.trail import hashed_columns, pending_events
from tests.guards_aside import guards_aside

TABLES = ("event", "trail", "checkpoint")
LENGTHS = {1: 157, 2: 23}
OWN = 1  # the organisation that is attacked
LENGTH = LENGTHS[OWN]
EVENTS_OF_A_CHECKPOINT = 10
GUARDS = {
    "sqlite": "SELECT 'DROP TRIGGER ' || name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT 'ALTER TABLE ' || tbl || ' DISABLE TRIGGER ALL' FROM unnest("
    "ARRAY['event', 'trail', 'checkpoint']) AS tbl",
}


@dataclass(frozen=True, slots=True)
class Named:
    """What must be said of a tampering: the first bad event; or, None, that something is wrong with a checkpoint."""

    number: int | None


@dataclass(frozen=True, slots=True)
class Prey:
    """A database with two signed trails, freed of its guards, and copies of all that can be tampered with."""

    database: Database
    signer: CheckpointSigner
    second_place: bytes

    def verified(self) -> dict[int, VerificationResult]:
        return {found.organisation_id: found for found in verify(self.database, self.signer)}

    def tampered(
        self, tamper: "Callable[[Attack], Named]", chance: random.Random
    ) -> tuple[Named, dict[int, VerificationResult]]:
        """Tamper with it, look, and put everything back: what must be said, and what is."""
        with self.database.engine.execution_options(writes=True).begin() as connection:
            expected = tamper(Attack(connection, self.signer, chance))
        found = self.verified()
        with self.database.engine.execution_options(writes=True).begin() as connection:
            for table in TABLES:
                connection.execute(text(f"DELETE FROM {table}"))
                connection.execute(text(f"INSERT INTO {table} SELECT * FROM kept_{table}"))
        self.signer.place.write_bytes(self.second_place)
        return expected, found


def a_prey(database: Database, folder: Path) -> Prey:
    signer = CheckpointSigner(Ed25519PrivateKey.generate(), folder / "checkpoints")
    chance = random.Random(0)
    with database.writing() as session:
        session.add_all([Organisation(id=own, name=f"Organisation {own}") for own in LENGTHS])
        session.flush()
        for own, length in LENGTHS.items():
            pending_events(session).extend(
                {
                    "organisation_id": own,
                    "at": now(),
                    "kind": chance.choice(("audit.scored", "audit.read", "round.answers-read", "person.signed-in")),
                    "subject_id": uuid.UUID(int=chance.getrandbits(128)),
                    "person_id": chance.choice((None, uuid.UUID(int=own))),
                    "token_id": chance.choice((None, uuid.UUID(int=own))),
                    "details": '{"themes":"voice"}',
                }
                for _ in range(length)
            )
    while write_due(database, signer, events=EVENTS_OF_A_CHECKPOINT, longest=timedelta(0)):
        pass
    with database.engine.execution_options(writes=True).begin() as connection:
        for (statement,) in connection.execute(text(GUARDS[connection.dialect.name])).all():
            connection.execute(text(statement))
        for table in TABLES:
            connection.execute(text(f"CREATE TABLE kept_{table} AS SELECT * FROM {table}"))
    return Prey(database, signer, signer.place.read_bytes())


def events_of(connection: Connection, own: int) -> list[ChainedEvent]:
    query = f"SELECT {hashed_columns(connection)} FROM event WHERE organisation_id = :own ORDER BY number"
    return list(map(ChainedEvent._make, connection.execute(text(query), {"own": own})))


def hash_anew(connection: Connection, own: int) -> Head:
    """Give every event the hash that fits it and those before, and the trail its head."""
    head = Head()
    of_event = "UPDATE event SET hash = :hash WHERE organisation_id = :own AND number = :number"
    for event in events_of(connection, own):
        head = Head(event.number, event_hash(head.hash, event))
        connection.execute(text(of_event), {"own": own, "number": event.number, "hash": head.hash})
    of_trail = "UPDATE trail SET length = :length, hash = :hash WHERE organisation_id = :own"
    connection.execute(text(of_trail), {"own": own, **head._asdict()})
    return head


def rewrite(database: Database, own: int, change: Callable[[ChainedEvent], str]) -> None:
    """Give each event of an organisation the details that `change` says, and chain all of them anew."""
    with database.writing() as session, guards_aside(session.connection()):
        connection = session.connection()
        of_event = text("UPDATE event SET details = :details WHERE organisation_id = :own AND number = :number")
        for event in events_of(connection, own):
            connection.execute(of_event, {"own": own, "number": event.number, "details": change(event)})
        hash_anew(connection, own)


@dataclass(frozen=True, slots=True)
class Attack:
    """One tampering under way."""

    connection: Connection
    signer: CheckpointSigner
    chance: random.Random

    def run(self, statement: str, **values: object) -> None:
        self.connection.execute(text(statement), {"own": OWN, **values})

    def some_event(self, first: int = 1, last: int = LENGTH) -> int:
        return self.chance.randint(first, last)

    def move(self, number: int, to: int) -> None:
        self.run(
            "UPDATE event SET number = :to WHERE organisation_id = :own AND number = :number", number=number, to=to
        )

    def delete(self, first: int, last: int) -> None:
        self.run(
            "DELETE FROM event WHERE organisation_id = :own AND number BETWEEN :first AND :last", first=first, last=last
        )

    def set_head(self, head: Head) -> None:
        self.run("UPDATE trail SET length = :length, hash = :hash WHERE organisation_id = :own", **head._asdict())

    def events(self) -> list[ChainedEvent]:
        return events_of(self.connection, OWN)

    def hash_anew(self) -> Head:
        return hash_anew(self.connection, OWN)

    def lines(self) -> list[str]:
        return self.signer.place.read_text().splitlines()

    def lines_of_own(self) -> list[int]:
        """The places of the lines of the organisation that is attacked."""
        return [place for place, line in enumerate(self.lines()) if f'"organisation":{OWN},' in line]

    def write_lines(self, lines: list[str]) -> None:
        self.signer.place.write_text("".join(f"{line}\n" for line in lines))

    def some_checkpoint(self) -> int:
        numbers = self.connection.execute(text(f"SELECT number FROM checkpoint WHERE organisation_id = {OWN}"))
        return self.chance.choice([int(number) for number in sorted(numbers.scalars())])


def _change(column: str, value: Callable[[random.Random], object]) -> Callable[[Attack], Named]:
    def tamper(attack: Attack) -> Named:
        number = attack.some_event()
        attack.run(
            f"UPDATE event SET {column} = :value WHERE organisation_id = :own AND number = :number",
            number=number,
            value=value(attack.chance),
        )
        return Named(number)

    return tamper


def _an_identifier(chance: random.Random) -> str:
    return uuid.UUID(int=chance.getrandbits(128)).hex


def _delete_one(attack: Attack) -> Named:
    number = attack.some_event()
    attack.delete(number, number)
    return Named(number)


def _delete_and_number_anew(attack: Attack) -> Named:
    number = attack.some_event()
    attack.delete(number, number)
    for later in range(number + 1, LENGTH + 1):
        attack.move(later, later - 1)
    attack.run("UPDATE trail SET length = length - 1 WHERE organisation_id = :own")
    return Named(number)


def _delete_and_hash_anew(attack: Attack) -> Named:
    named = _delete_and_number_anew(attack)
    attack.hash_anew()
    return named


def _insert(attack: Attack) -> Named:
    number = attack.some_event()
    for later in range(LENGTH, number - 1, -1):
        attack.move(later, later + 1)
    attack.run(
        "INSERT INTO event SELECT organisation_id, :number, at, kind, subject_id, person_id, token_id, details, hash"
        " FROM event WHERE organisation_id = :own AND number = :model",
        number=number,
        model=number + 1,
    )
    # None of the others is of this kind: a copy of its neighbour would stand where the neighbour stood.
    attack.run("UPDATE event SET kind = 'made.up' WHERE organisation_id = :own AND number = :number", number=number)
    attack.run("UPDATE trail SET length = length + 1 WHERE organisation_id = :own")
    return Named(number)


def _insert_and_hash_anew(attack: Attack) -> Named:
    named = _insert(attack)
    attack.hash_anew()
    return named


def _add_at_the_end(attack: Attack) -> Named:
    attack.run(
        "INSERT INTO event SELECT organisation_id, :number, at, kind, subject_id, person_id, token_id, details, hash"
        " FROM event WHERE organisation_id = :own AND number = :model",
        number=LENGTH + 1,
        model=attack.some_event(),
    )
    return Named(LENGTH + 1)


def _swap(attack: Attack) -> Named:
    first = attack.some_event(last=LENGTH - 1)
    second = attack.some_event(first=first + 1)
    attack.move(first, LENGTH + 1000)
    attack.move(second, first)
    attack.move(LENGTH + 1000, second)
    return Named(first)


def _cut_off_the_end(attack: Attack) -> Named:
    number = attack.some_event()
    attack.delete(number, LENGTH)
    return Named(number)


def _cut_off_the_end_and_the_head(attack: Attack) -> Named:
    named = _cut_off_the_end(attack)
    attack.hash_anew()
    return named


def _cut_off_the_end_and_its_checkpoints(attack: Attack) -> Named:
    named = _cut_off_the_end_and_the_head(attack)
    attack.run("DELETE FROM checkpoint WHERE organisation_id = :own AND number >= :number", number=named.number)
    return named


def _delete_everything(attack: Attack) -> Named:
    for table in TABLES:
        attack.run(f"DELETE FROM {table} WHERE organisation_id = :own")
    return Named(1)


def _rewrite_from_an_event_on(attack: Attack) -> Named:
    number = attack.some_event()
    attack.run("UPDATE event SET kind = 'made.up' WHERE organisation_id = :own AND number = :number", number=number)
    attack.hash_anew()
    return Named(number)


def _rewrite_and_sign_with_another_key(attack: Attack) -> Named:
    """Everything is made anew, checkpoints in both places too: only the key is another."""
    _rewrite_from_an_event_on(attack)
    forger = CheckpointSigner(Ed25519PrivateKey.generate(), attack.signer.place)
    hashes, lines = [event.hash for event in attack.events()], []
    attack.run("DELETE FROM checkpoint WHERE organisation_id = :own")
    for start in range(0, LENGTH, EVENTS_OF_A_CHECKPOINT):
        made = forger.sign(OWN, start, hashes[start : start + EVENTS_OF_A_CHECKPOINT])
        lines.append(made.line)
        attack.run("INSERT INTO checkpoint VALUES (:own, :number, :line, NULL)", number=made.number, line=made.line)
    others = [line for place, line in enumerate(attack.lines()) if place not in attack.lines_of_own()]
    attack.write_lines(others + lines)
    return Named(None)


def _change_the_head(attack: Attack) -> Named:
    attack.set_head(Head(LENGTH, f"{attack.chance.getrandbits(256):064x}"))
    return Named(LENGTH)


def _lower_the_head(attack: Attack) -> Named:
    length = attack.some_event(first=0, last=LENGTH - 1)
    attack.run("UPDATE trail SET length = :length WHERE organisation_id = :own", length=length)
    return Named(length + 1)


def _raise_the_head(attack: Attack) -> Named:
    attack.run("UPDATE trail SET length = length + 1 WHERE organisation_id = :own")
    return Named(LENGTH + 1)


def _delete_the_head(attack: Attack) -> Named:
    attack.run("DELETE FROM trail WHERE organisation_id = :own")
    return Named(1)


def _give_to_another_organisation(attack: Attack) -> Named:
    number = attack.some_event(first=LENGTHS[2] + 1)
    attack.run("UPDATE event SET organisation_id = 2 WHERE organisation_id = :own AND number = :number", number=number)
    return Named(number)


def _change_a_checkpoint(attack: Attack) -> Named:
    number = attack.some_checkpoint()
    attack.run(
        "UPDATE checkpoint SET signed = :signed WHERE organisation_id = :own AND number = :number",
        number=number,
        signed=_changed(
            attack.connection.execute(
                text("SELECT signed FROM checkpoint WHERE organisation_id = :own AND number = :number"),
                {"own": OWN, "number": number},
            ).scalar_one(),
            attack.chance,
        ),
    )
    return Named(None)


def _changed(line: str, chance: random.Random) -> str:
    place = chance.randrange(len(line))
    return (
        line[:place] + chance.choice([sign for sign in "0123456789abcdef" if sign != line[place]]) + line[place + 1 :]
    )


def _delete_a_checkpoint(attack: Attack) -> Named:
    attack.run(
        "DELETE FROM checkpoint WHERE organisation_id = :own AND number = :number", number=attack.some_checkpoint()
    )
    return Named(None)


def _change_the_second_place(attack: Attack) -> Named:
    lines, place = attack.lines(), attack.chance.choice(attack.lines_of_own())
    lines[place] = _changed(lines[place], attack.chance)
    attack.write_lines(lines)
    return Named(None)


def _delete_from_the_second_place(attack: Attack) -> Named:
    lines = attack.lines()
    del lines[attack.chance.choice(attack.lines_of_own())]
    attack.write_lines(lines)
    return Named(None)


def _empty_the_second_place(attack: Attack) -> Named:
    attack.write_lines([])
    return Named(None)


def _delete_a_checkpoint_in_both_places(attack: Attack) -> Named:
    number = attack.chance.randrange(1, LENGTH // EVENTS_OF_A_CHECKPOINT) * EVENTS_OF_A_CHECKPOINT
    attack.run("DELETE FROM checkpoint WHERE organisation_id = :own AND number = :number", number=number)
    attack.write_lines(
        [
            line
            for place, line in enumerate(attack.lines())
            if place not in attack.lines_of_own() or f'"number":{number},' not in line
        ]
    )
    return Named(None)


TAMPERINGS: dict[str, Callable[[Attack], Named]] = {
    "the time": _change("at", lambda chance: f"2026-01-{chance.randint(1, 28):02d} 09:30:00.123456"),
    "the kind": _change("kind", lambda chance: f"audit.x{chance.random()}"),
    "the subject": _change("subject_id", _an_identifier),
    "the person": _change("person_id", _an_identifier),
    "the token": _change("token_id", _an_identifier),
    "the details": _change("details", lambda chance: f'{{"themes":"{chance.random()}"}}'),
    "the hash": _change("hash", lambda chance: f"{chance.getrandbits(256):064x}"),
    "the number": _change("number", lambda chance: LENGTH + chance.randint(1, 1000)),
    "another organisation": _give_to_another_organisation,
    "deleted": _delete_one,
    "deleted, numbered anew": _delete_and_number_anew,
    "deleted, numbered and hashed anew": _delete_and_hash_anew,
    "inserted": _insert,
    "inserted, hashed anew": _insert_and_hash_anew,
    "added at the end": _add_at_the_end,
    "swapped": _swap,
    "end cut off": _cut_off_the_end,
    "end cut off with the head": _cut_off_the_end_and_the_head,
    "end cut off with the head and its checkpoints": _cut_off_the_end_and_its_checkpoints,
    "everything deleted": _delete_everything,
    "rewritten": _rewrite_from_an_event_on,
    "rewritten and signed by another key": _rewrite_and_sign_with_another_key,
    "head changed": _change_the_head,
    "head lowered": _lower_the_head,
    "head raised": _raise_the_head,
    "head deleted": _delete_the_head,
    "checkpoint changed": _change_a_checkpoint,
    "checkpoint deleted": _delete_a_checkpoint,
    "second place changed": _change_the_second_place,
    "line of the second place deleted": _delete_from_the_second_place,
    "second place emptied": _empty_the_second_place,
    "checkpoint deleted in both places": _delete_a_checkpoint_in_both_places,
}


def is_told(expected: Named, found: dict[int, VerificationResult]) -> bool:
    """Whether what was found names the very event, or says that a checkpoint is wrong."""
    own = found.get(OWN)
    if own is None:
        return False
    if expected.number is None:
        return bool(own.wrong_checkpoints)
    return own.bad is not None and own.bad.number == expected.number


def as_told(expected: Named, found: dict[int, VerificationResult]) -> Any:
    """For the message of a test that failed."""
    own = found.get(OWN)
    return expected, own and (own.bad, own.wrong_checkpoints[:3])
