"""Verification of the trails: their chains, their heads, and their checkpoints in both places."""

from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from api.trail.checkpoint_signer import CheckpointSigner, Signed
from checklists.chain import BadEvent, ChainedEvent, Head, first_bad
from models.storage.database import Database
from models.storage.trail import hashed_columns

ROWS_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class VerificationResult:
    """The result for one organisation's trail. `wrong_checkpoints`: what is wrong with them, in sentences."""

    organisation_id: int
    name: str
    events: int
    signed: int
    bad: BadEvent | None
    wrong_checkpoints: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        return self.bad is None and not self.wrong_checkpoints


def verify(database: Database, signer: CheckpointSigner) -> list[VerificationResult]:
    """Check every trail against its hashes, its head and its checkpoints, as they were at one moment.

    Events after the last checkpoint that were changed and hashed again, together with the head, cannot be detected.
    """
    with _at_one_moment(database) as connection:
        with signer.locked() if signer.place.exists() else nullcontext():
            stored = _by_organisation(
                connection.execute(text("SELECT organisation_id, number, signed FROM checkpoint"))
            )
            kept = defaultdict(list)
            for checkpoint in signer.stored():
                kept[checkpoint.organisation_id].append(checkpoint)
        heads = {own: Head(*end) for own, *end in connection.execute(text("SELECT * FROM trail"))}
        names: dict[int, str] = dict(connection.execute(text("SELECT id, name FROM organisation")).all())
        counts = text("SELECT organisation_id, count(*) FROM event GROUP BY organisation_id")
        counted: dict[int, int] = dict(connection.execute(counts).all())
        known = {*stored, *kept, *heads, *names, *counted}
        found = []
        for own in sorted(known, key=str):
            marks, wrong = _checkpoints(own, stored[own], kept[own], signer)
            with closing(_events(connection, own)) as events:
                bad = first_bad(events, heads.get(own), marks)
            name = names.get(own, "A deleted organisation")
            found.append(VerificationResult(own, name, counted.get(own, 0), max(marks, default=0), bad, tuple(wrong)))
        return found


@contextmanager
def _at_one_moment(database: Database) -> Iterator[Connection]:
    """A connection that sees the database as it was at its first query, whatever is written meanwhile."""
    engine = database.engine
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        yield connection


def _by_organisation(rows: Iterable[Any]) -> defaultdict[int, list[tuple[int, str]]]:
    found = defaultdict(list)
    for own, number, line in rows:
        found[own].append((number, line))
    return found


def _events(connection: Connection, organisation_id: int) -> Generator[ChainedEvent, None, None]:
    query = f"SELECT {hashed_columns(connection)} FROM event WHERE organisation_id = :own ORDER BY number"  # noqa: S608
    # Never all of them in memory: a trail grows for years.
    few = {"yield_per": ROWS_AT_ONCE}
    with connection.execute(text(query), {"own": organisation_id}, execution_options=few) as rows:
        for own, number, *said in rows:
            # SQLite stores values of any type in a column.
            yield ChainedEvent(own, number if isinstance(number, int) else -1, *said)


def _checkpoints(
    own: int, stored: Sequence[tuple[int, str]], kept: Sequence[Signed], signer: CheckpointSigner
) -> tuple[dict[int, str], list[str]]:
    """The mark of every signed event, and what is wrong with the checkpoints."""
    wrong, genuine, last = [], list(kept), 0
    in_second_place, in_database = {checkpoint.line for checkpoint in kept}, {line for _, line in stored}
    for number, line in sorted(stored, key=lambda each: (str(type(each[0])), each[0])):
        checkpoint = signer.read(line)
        if checkpoint is None or (checkpoint.organisation_id, checkpoint.number) != (own, number):
            wrong.append(f"The checkpoint at event {number} has changed since it was signed.")
        elif line not in in_second_place:
            wrong.append(f"The second checkpoints file does not have the checkpoint at event {number}.")
        if checkpoint is not None:
            if checkpoint.after != last:
                wrong.append(f"A checkpoint between events {last} and {checkpoint.after} is missing.")
            genuine.append(checkpoint)
            last = checkpoint.number
    wrong += [
        (
            f"The database does not have the checkpoint at event {checkpoint.number}, which the second checkpoints "
            "file has."
        )
        for checkpoint in kept
        if checkpoint.line not in in_database
    ]
    marks: dict[int, str] = {}
    for checkpoint in genuine:
        if checkpoint.organisation_id == own:
            for number, mark in checkpoint.mark_of_each.items():
                if marks.setdefault(number, mark) != mark:
                    wrong.append(f"Event {number} was signed twice with different contents.")
    return marks, wrong


def in_words(found: Sequence[VerificationResult]) -> Iterator[str]:
    """The result, a sentence a line."""
    for trail in found:
        start = f"{trail.name} (organisation {trail.organisation_id}): {trail.events:,} events, "
        if trail.is_whole:
            yield start + f"unchanged; signed up to event {trail.signed:,}."
            continue
        yield start + "tampered with."
        if trail.bad is not None:
            yield f"  The first incorrect event is number {trail.bad.number:,}: {trail.bad.wrong}."
        yield from (f"  {sentence}" for sentence in trail.wrong_checkpoints)
