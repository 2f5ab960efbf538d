"""The signer of the trail: signs checkpoints with a key, and stores them in a file; both are outside the database."""

import fcntl
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
from checklists.chain import MARK_LENGTH, mark_of
from models import now

FORMAT: Final = "caseaudit-checkpoint/1"


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed checkpoint: events `after` + 1 to `number` of an organisation, each by its mark."""

    organisation_id: int
    after: int
    number: int
    hash: str
    marks: tuple[str, ...]
    line: str

    @property
    def mark_of_each(self) -> dict[int, str]:
        """The marks of events: the beginning of each hash, and all of the last."""
        return {**dict(enumerate(self.marks, start=self.after + 1)), self.number: self.hash}


class CheckpointSigner:
    """The key that signs checkpoints, and the file that stores them: both outside the database."""

    def __init__(self, key: Ed25519PrivateKey, place: Path) -> None:
        self.key = key
        self.place = place
        self.name = sha256(key.public_key().public_bytes_raw()).hexdigest()[:16]

    @classmethod
    def of(cls, settings: Settings) -> "CheckpointSigner":
        """The signer that the settings name; its key is created when there is none yet."""
        return cls(key_at(settings.trail_key_path), settings.trail_checkpoints_path)

    def sign(self, organisation_id: int, after: int, hashes: Sequence[str]) -> Signed:
        """A checkpoint of the events that follow `after`, with these hashes."""
        said = {
            "format": FORMAT,
            "organisation": organisation_id,
            "after": after,
            "number": after + len(hashes),
            "hash": hashes[-1],
            "marks": "".join(map(mark_of, hashes)),
            "at": now().isoformat(timespec="seconds"),
            "key": self.name,
        }
        signature = self.key.sign(_bytes_of(said)).hex()
        made = self.read(json.dumps({**said, "signature": signature}, separators=(",", ":")))
        assert made is not None  # noqa: S101 - what was signed a moment ago
        return made

    def read(self, line: str) -> Signed | None:
        """The checkpoint of this line; None unless it is complete and signed by this key."""
        try:
            said: dict[str, Any] = json.loads(line)
            signature = bytes.fromhex(said.pop("signature"))
            self.key.public_key().verify(signature, _bytes_of(said))
        except (ValueError, TypeError, KeyError, AttributeError, InvalidSignature):
            return None
        marks = tuple(said["marks"][at : at + MARK_LENGTH] for at in range(0, len(said["marks"]), MARK_LENGTH))
        return Signed(said["organisation"], said["after"], said["number"], said["hash"], marks, line)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """While the block runs, nobody else on this machine writes to the second place or compares it."""
        with self.place.open("ab") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield

    def append(self, made: Sequence[Signed]) -> None:
        """Add the lines to the second place; they are on the disk when this returns. Raises OSError."""
        with self.place.open("ab") as place:
            # After a line that was cut short by a crash, so that the next one is not damaged.
            begun = "" if place.tell() == 0 or self._last_byte() == b"\n" else "\n"
            place.write((begun + "".join(f"{checkpoint.line}\n" for checkpoint in made)).encode())
            place.flush()
            os.fsync(place.fileno())

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
