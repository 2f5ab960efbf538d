"""Locks on files that several processes use. A lock ends with its process, however that ends."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from portalocker import LockFlags, lock, unlock
from portalocker.exceptions import AlreadyLocked, LockException

_ALONE: Final = LockFlags.EXCLUSIVE


@contextmanager
def locked(path: Path, *, waits: bool) -> Iterator[None]:
    """Hold a lock on this file, which is created where it is not there; nobody may write to it on Windows meanwhile.

    Raises BlockingIOError when another has the lock and this does not wait for it, and OSError when it cannot be made.
    """
    with path.open("ab") as file:
        lock_opened(file.fileno(), waits=waits)
        try:
            yield
        finally:
            unlock(file.fileno())


def lock_of(path: Path) -> Path:
    """The file to lock while another is read or written: that file itself, except where a lock would prevent both."""
    return path if os.name == "posix" else path.with_name(f"{path.name}.lock")


def lock_opened(descriptor: int, *, waits: bool) -> None:
    """Lock the file that this descriptor is of, until it is closed.

    Raises BlockingIOError when another has the lock and this does not wait for it, and OSError when that is not
    possible.
    """
    while True:
        try:
            return lock(descriptor, _ALONE if waits else _ALONE | LockFlags.NON_BLOCKING)
        except AlreadyLocked:
            # Windows waits for ten seconds at most, where other systems wait as long as it takes.
            if not waits:
                raise BlockingIOError("another process has the lock") from None
        except LockException as error:
            raise OSError(f"the file cannot be locked: {error}") from error
