"""The signer of the trail: signs checkpoints with a key, and stores them in a file; both are outside the database."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.foundation.key_files import key_at
from api.foundation.settings import Settings
from api.foundation.systems.locks import lock_of, locked
from checklists.chain import MARK_LENGTH, mark_of
from models import now

# The first form had no number over all organisations, and named no checkpoint before it.
FORMAT: Final = "caseaudit-checkpoint/2"


@dataclass(frozen=True, slots=True)
class Link:
    """The newest checkpoint of the service: its number over all organisations, and the hash of its line."""

    serial: int = 0
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed checkpoint: events `after` + 1 to `number` of an organisation, each by its mark."""

    organisation_id: int
    after: int
    number: int
    hash: str
    marks: tuple[str, ...]
    line: str
    # The number over all organisations, and the hash of the previous checkpoint's line; neither in the first form.
    serial: int | None = None
    previous: str = ""

    @property
    def digest(self) -> str:
        """The hash of its line."""
        return sha256(self.line.encode()).hexdigest()


def _signed(said: Mapping[str, Any], line: str) -> Signed:
    """The checkpoint of a line that says this."""
    marks = tuple(said["marks"][at : at + MARK_LENGTH] for at in range(0, len(said["marks"]), MARK_LENGTH))
    return Signed(
        said["organisation"],
        said["after"],
        said["number"],
        said["hash"],
        marks,
        line,
        said.get("serial"),
        said.get("previous", ""),
    )


class CheckpointSigner:
    """The key that signs checkpoints, and the file that stores them: both outside the database.

    `memory`: a file beside the key with the newest checkpoint alone: removing the end of both places is detected.
    """

    def __init__(self, key: Ed25519PrivateKey, place: Path, memory: Path | None = None) -> None:
        self.key = key
        self.place = place
        self.memory = memory
        self.name = sha256(key.public_key().public_bytes_raw()).hexdigest()[:16]

    @classmethod
    def of(cls, settings: Settings) -> "CheckpointSigner":
        """The signer that the settings name; its key is created when there is none yet."""
        return cls.with_key_at(settings.trail_key_path, settings.trail_checkpoints_path, settings.trail_memory_path)

    @classmethod
    def with_key_at(cls, key: Path, place: Path, memory: Path | None = None) -> "CheckpointSigner":
        """The signer with the key in this file, which is created when there is none yet."""
        return cls(key_at(key), place, memory)

    def sign(self, organisation_id: int, after: int, hashes: Sequence[str], *, follows: Link = Link()) -> Signed:
        """A checkpoint of the events that follow `after`, with these hashes."""
        said = {
            "format": FORMAT,
            "serial": follows.serial + 1,
            "previous": follows.digest,
            "organisation": organisation_id,
            "after": after,
            "number": after + len(hashes),
            "hash": hashes[-1],
            "marks": "".join(map(mark_of, hashes)),
            "at": now().isoformat(timespec="seconds"),
            "key": self.name,
        }
        signature = self.key.sign(_bytes_of(said)).hex()
        return _signed(said, json.dumps({**said, "signature": signature}, separators=(",", ":")))

    def read(self, line: str) -> Signed | None:
        """The checkpoint of this line; None unless it is complete and signed by this key."""
        try:
            said: dict[str, Any] = json.loads(line)
            signature = bytes.fromhex(said.pop("signature"))
            self.key.public_key().verify(signature, _bytes_of(said))
        except (ValueError, TypeError, KeyError, AttributeError, InvalidSignature):
            return None
        return _signed(said, line)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """While the block runs, nobody else on this machine writes to the second place or compares it."""
        with locked(lock_of(self.place), waits=True):
            yield

    def append(self, made: Sequence[Signed]) -> None:
        """Add the lines to the second place; they are on the disk when this returns. Raises OSError."""
        with self.place.open("ab") as place:
            # After a line that was cut short by a crash, so that the next one is not damaged.
            begun = "" if place.tell() == 0 or self._last_byte() == b"\n" else "\n"
            place.write((begun + "".join(f"{checkpoint.line}\n" for checkpoint in made)).encode())
            place.flush()
            os.fsync(place.fileno())

    def remember(self, made: Signed) -> None:
        """Keep the newest checkpoint beside the key. Raises OSError."""
        if self.memory is None:
            return
        fresh = self.memory.with_name(f"{self.memory.name}.new")
        with fresh.open("w", encoding="utf-8", newline="\n") as file:
            file.write(f"{made.line}\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.memory)

    def remembered(self) -> Signed | None:
        """The newest checkpoint as the file beside the key knows it; None where there is none."""
        if self.memory is None or not self.memory.exists():
            return None
        return self.read(self.memory.read_text("utf-8", errors="replace").strip())

    def is_beside(self, database: Path) -> bool:
        """Whether the second place is on the same disk as this file of the database."""
        folder = self.place.parent
        return folder.exists() and database.exists() and folder.stat().st_dev == database.stat().st_dev

    def lines(self) -> Iterator[Signed]:
        """The lines of the second place, one at a time; those not signed by this key are left out."""
        if not self.place.exists():
            return
        with self.place.open("rb") as place:
            for line in place:
                checkpoint = self.read(line.decode(errors="replace").rstrip("\n"))
                if checkpoint is not None:
                    yield checkpoint

    def stored(self, *, last_bytes: int | None = None) -> list[Signed]:
        """The lines of the second place in order, or its end; lines not signed by this key are left out."""
        if not self.place.exists():
            return []
        with self.place.open("rb") as place:
            if last_bytes is not None:
                place.seek(max(0, self.place.stat().st_size - last_bytes))
            lines = place.read().decode(errors="replace").split("\n")
        return [checkpoint for checkpoint in map(self.read, lines) if checkpoint is not None]

    def _last_byte(self) -> bytes:
        with self.place.open("rb") as place:
            place.seek(-1, os.SEEK_END)
            return place.read(1)


def _bytes_of(said: Mapping[str, Any]) -> bytes:
    return json.dumps(said, separators=(",", ":")).encode()
