"""Who makes the backup of a folder now: one process, on any machine.

A file in the folder says so, and is rewritten every few seconds. When it stands still for a while, its process is dead,
and another may make the backup. Each watches with its own clock for that: no two clocks are compared.

Should a process stand still and go on, two may make a backup at the same time. Each is whole.
"""

import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

FILE: Final = ".caseaudit-backup-under-way"
RENEWED_EVERY_SECONDS: Final = 10.0
DEAD_AFTER_SECONDS: Final = 45.0  # below the minute after which a folder is looked at again
# A process that hangs lets go of the folder in the end, also when the one that would end it was killed.
MOST_RENEWALS: Final = 6 * 360


@dataclass(frozen=True, slots=True)
class Lease:
    """A claim to make the backup of this folder, which no other process has."""

    folder: Path
    owner: str

    @classmethod
    def claim(cls, folder: Path) -> Self | None:
        """Claim the folder; None while another process has it. Raises OSError."""
        _remove_if_dead(folder)
        lease = cls(folder, secrets.token_hex(16))
        try:
            descriptor = os.open(folder / FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return None
        with os.fdopen(descriptor, "wb") as file:
            file.write(lease._content(0))
        return lease

    def renew(self, number: int) -> bool:
        """Show that this process lives; False when it no longer has the folder. Raises OSError."""
        try:
            with (self.folder / FILE).open("r+b") as file:
                if not file.read().startswith(self.owner.encode()):
                    return False
                file.seek(0)
                file.write(self._content(number))
        except FileNotFoundError:
            return False
        return True

    @contextmanager
    def renewed(self) -> Iterator[None]:
        """Renew it while the block runs, in this process, and give it back then."""
        over = threading.Event()

        def renew_on() -> None:
            for number in range(1, MOST_RENEWALS):
                if over.wait(RENEWED_EVERY_SECONDS):
                    return
                # A folder that is away for a moment is tried again.
                with suppress(OSError):
                    if not self.renew(number):
                        return

        thread = threading.Thread(target=renew_on, name="backup lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            self.give_back()

    def give_back(self) -> None:
        """Let others claim the folder, unless another has it already. Where it is away, others see that none renews."""
        with suppress(OSError):
            if (self.folder / FILE).read_bytes().startswith(self.owner.encode()):
                (self.folder / FILE).unlink()

    def _content(self, number: int) -> bytes:
        return f"{self.owner} {number:010}\n".encode()


# What this process saw in each folder, and when first.
_seen: dict[Path, tuple[bytes, float]] = {}


def _remove_if_dead(folder: Path) -> None:
    """Remove the file of a process that did not renew it for as long as this process has watched."""
    try:
        found = (folder / FILE).read_bytes()  # opened, so that storage on a network says what it has now
    except FileNotFoundError:
        _seen.pop(folder, None)
        return
    content, since = _seen.get(folder, (b"", 0.0))
    if folder not in _seen or found != content:
        _seen[folder] = found, time.monotonic()
    elif time.monotonic() - since >= DEAD_AFTER_SECONDS:
        _take_away(folder, found)
        _seen.pop(folder)


def _take_away(folder: Path, dead: bytes) -> None:
    """Remove the dead process's file, and no other that has come in its place meanwhile."""
    aside = folder / f"{FILE}.{secrets.token_hex(8)}"
    try:
        (folder / FILE).rename(aside)
    except FileNotFoundError:
        return
    if aside.read_bytes() == dead:
        aside.unlink()
    else:
        aside.rename(folder / FILE)
