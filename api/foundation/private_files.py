"""Files that only their owner may read, written completely or not at all."""

import os
import secrets
import stat
from pathlib import Path
from typing import Final

_OWNER_ONLY: Final = 0o600


class AlreadyThere(Exception):
    """A file of this name exists, and is left unchanged."""


class NotPrivate(Exception):
    """A file that only its owner should read can be read by others; the message says what to do."""


def read_private(path: Path, *, most: int) -> bytes:
    """The content of a file that only its owner may read; b"" for more than `most` bytes.

    Raises NotPrivate where others may read it, and OSError. On other systems than POSIX the mode does not say who may.
    """
    with path.open("rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise NotPrivate(f"{path} is not a file.")
        if os.name == "posix" and found.st_mode & 0o077:
            raise NotPrivate(f"Other users can read {path}. Run: chmod 600 {path}")
        content = file.read(most + 1)
    return content if len(content) <= most else b""


def write_new(path: Path, content: bytes) -> None:
    """Create a file. Raises AlreadyThere when it exists, also when another process creates it at the same moment."""
    if path.exists() or path.is_symlink():
        raise AlreadyThere(f"{path} already exists and was not overwritten. Choose another file name.")
    made = _beside(path, content, name=f".{path.name}.{secrets.token_hex(8)}.new")
    try:
        put_in_place(made, path)
    except FileExistsError:
        raise AlreadyThere(f"{path} already exists and was not overwritten. Choose another file name.") from None
    finally:
        made.unlink(missing_ok=True)
    _settle(path.parent)


def put_in_place(made: Path, path: Path) -> None:
    """Give a finished file its name, on the same disk; it may keep the old name as well. Raises FileExistsError."""
    # Unlike a rename, a link never replaces another file. On Windows a rename does not replace either, and links are
    # seldom available.
    if os.name == "posix":
        os.link(made, path)
    else:
        made.rename(path)


def write_over(path: Path, content: bytes) -> None:
    """Replace the content of a file atomically; create it when it does not exist.

    Raises AlreadyThere while another process does the same, or after one was interrupted.
    """
    made = _beside(path, content, name=f".{path.name}.new")
    try:
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)
    _settle(path.parent)


def _beside(path: Path, content: bytes, *, name: str) -> Path:
    made = path.with_name(name)
    try:
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), _OWNER_ONLY)
    except FileExistsError:
        raise AlreadyThere(
            f"{made} exists: {path.name} is being written, or writing was interrupted. If nothing "
            f"is writing it, remove {made}."
        ) from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        made.unlink(missing_ok=True)
        raise
    return made


def _settle(folder: Path) -> None:
    """Make the name of a new file survive a power cut, where folders can be synchronised."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
