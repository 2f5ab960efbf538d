"""The checkpoints of both places: whether they are as they were signed, and whether any is missing."""

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from typing import Any

from sqlalchemy import Connection, text

from api.trail.checkpoint_signer import CheckpointSigner, Signed
from api.trail.verifying.scratch import Scratch
from checklists.chain import MARK_LENGTH
from models.storage.trail import Checkpoint

Wrong = dict[int, list[str]]


def read_checkpoints(connection: Connection, notes: Scratch, signer: CheckpointSigner) -> Wrong:
    """Note every genuine checkpoint of both places; returns what is wrong with the others, by organisation."""
    wrong: Wrong = {}
    with signer.locked() if signer.place.exists() else nullcontext():
        for checkpoint in signer.lines():
            notes.execute(
                "INSERT OR IGNORE INTO second_place VALUES (?, ?, ?)",
                (checkpoint.organisation_id, checkpoint.number, checkpoint.digest),
            )
            _write_down(notes, checkpoint)
        table = Checkpoint.__tablename__
        stored = connection.execute(
            text(f"SELECT organisation_id, number, signed FROM {table} ORDER BY organisation_id, number"),  # noqa: S608
            execution_options={"yield_per": 500},
        )
        _read_stored(stored, notes, signer, wrong)
    for own, number in notes.execute("SELECT organisation, number FROM second_place ORDER BY organisation, number"):
        # What both places have was removed.
        words = f"The database does not have the checkpoint at event {number}, which the second checkpoints file has."
        wrong.setdefault(own, []).append(words)
    return wrong


def _read_stored(stored: Iterable[Any], notes: Scratch, signer: CheckpointSigner, wrong: Wrong) -> None:
    last: tuple[Any, int] = (None, 0)
    for own, number, line in stored:
        of_own = wrong.setdefault(own, [])
        if own != last[0]:
            last = (own, 0)
        checkpoint = signer.read(line)
        if checkpoint is None or (checkpoint.organisation_id, checkpoint.number) != (own, number):
            of_own.append(f"The checkpoint at event {number} has changed since it was signed.")
        else:
            removed = notes.execute(
                "DELETE FROM second_place WHERE organisation = ? AND number = ? AND digest = ?",
                (own, number, checkpoint.digest),
            )
            if not removed.rowcount:
                of_own.append(f"The second checkpoints file does not have the checkpoint at event {number}.")
        if checkpoint is not None:
            if checkpoint.after != last[1]:
                of_own.append(f"A checkpoint between events {last[1]} and {checkpoint.after} is missing.")
            _write_down(notes, checkpoint)
            last = (own, checkpoint.number)


def _write_down(notes: Scratch, checkpoint: Signed) -> None:
    notes.execute(
        "INSERT OR IGNORE INTO signed VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            checkpoint.organisation_id,
            checkpoint.after,
            checkpoint.number,
            checkpoint.hash,
            "".join(checkpoint.marks),
            checkpoint.serial,
            checkpoint.previous,
            checkpoint.digest,
        ),
    )


def faults_of_order(notes: Scratch, signer: CheckpointSigner, outside: Iterable[str] = ()) -> Iterator[str]:
    """What is wrong with the order of checkpoints over all organisations, as far as both places and `outside` tell.

    `outside`: lines that somebody kept elsewhere.
    """
    last, digest = 0, ""
    for serial, previous, own in notes.execute(
        "SELECT serial, previous, digest FROM signed WHERE serial IS NOT NULL ORDER BY serial"
    ):
        if serial == last:
            yield f"Checkpoint {serial:,} was signed twice: somebody signed another history with the key."
        elif serial != last + 1:
            yield f"{_numbers(last + 1, serial - 1)} missing from the database and the second file."
        elif previous != digest:
            yield f"Checkpoint {serial:,} does not follow the one before it: somebody signed another history."
        last, digest = serial, own
    yield from _faults_of_memory(notes, signer, last)
    yield from _faults_of_outside(notes, signer, outside)


def _faults_of_memory(notes: Scratch, signer: CheckpointSigner, last: int) -> Iterator[str]:
    remembered = signer.remembered()
    if remembered is None or remembered.serial is None:
        if last and signer.memory is not None:
            yield f"The newest checkpoint file, {signer.memory.name} in the folder of the key, is missing or damaged."
    elif remembered.serial > last:
        yield (
            f"{_numbers(last + 1, remembered.serial)} missing from the database and the second file, according to the "
            "newest checkpoint file. The database and the second file are older, or somebody deleted the end of the "
            "trail."
        )
    elif not _is_known(notes, remembered.digest):
        yield f"Checkpoint {remembered.serial:,} is different in the newest checkpoint file, in the folder of the key."


def _faults_of_outside(notes: Scratch, signer: CheckpointSigner, outside: Iterable[str]) -> Iterator[str]:
    for line in filter(None, map(str.strip, outside)):
        kept = signer.read(line)
        if kept is None:
            yield "A line in your copy of the checkpoints was not signed with this key, or is not complete."
        elif not _is_known(notes, kept.digest):
            yield (
                f"The checkpoint at event {kept.number:,} of organisation {kept.organisation_id} is in your copy, but "
                "not in the database or the second file. The end of the trail was deleted or changed after it was "
                "signed."
            )


def _is_known(notes: Scratch, digest: str) -> bool:
    return notes.execute("SELECT 1 FROM signed WHERE digest = ?", (digest,)).fetchone() is not None


def _numbers(first: int, last: int) -> str:
    return f"Checkpoint {first:,} is" if first == last else f"Checkpoints {first:,} to {last:,} are"


class Marks:
    """The marks of an organisation's signed events, for numbers that only grow."""

    def __init__(self, notes: Scratch, organisation_id: int) -> None:
        of_own = "FROM signed WHERE organisation = ?"
        self.signed: int = notes.execute(f"SELECT coalesce(max(number), 0) {of_own}", (organisation_id,)).fetchone()[0]
        self.wrong: list[str] = []
        self._lines = notes.execute(
            f"SELECT after, number, hash, marks {of_own} ORDER BY after, number",
            (organisation_id,),
        )
        self._next = self._lines.fetchone()
        self._open: deque[tuple[int, int, str, str]] = deque()

    def get(self, number: int, missing: str) -> str:
        """The mark of an event: the beginning of its hash, or all of it; `missing` where it was not signed."""
        while self._next is not None and self._next[0] < number:
            self._open.append(self._next)
            self._next = self._lines.fetchone()
        self._open = deque(line for line in self._open if line[1] >= number)
        said = {self._mark(line, number) for line in self._open}
        if len({mark[:MARK_LENGTH] for mark in said}) > 1:
            self.wrong.append(f"Event {number} was signed twice with different contents.")
            return "?"  # which no hash begins with
        return max(said, key=len, default=missing)

    @staticmethod
    def _mark(line: tuple[int, int, str, str], number: int) -> str:
        after, last, whole, marks = line
        start = (number - after - 1) * MARK_LENGTH
        return whole if number == last else marks[start : start + MARK_LENGTH]
