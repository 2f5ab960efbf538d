"""Files that only their owner may read, written completely or not at all."""

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

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
    made = path.with_name(f".{path.name}.{secrets.token_hex(8)}.new")
    try:
        with _named_in_errors(path), os.fdopen(_created(made), "wb") as file:
            _write_through(file, content)
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

    What a process that was killed meanwhile has left is removed. Raises AlreadyThere while another process does the
    same.
    """
    made = path.with_name(f".{path.name}.new")
    being_written = AlreadyThere(
        f"{made} exists: {path.name} is being written. Try again in a moment. If nothing is writing it, remove {made}."
    )
    _remove_abandoned(made)
    try:
        descriptor = _created(made)
    except FileExistsError:
        raise being_written from None
    with _named_in_errors(path), os.fdopen(descriptor, "wb") as file:
        if not _is_held(file.fileno(), made):
            raise being_written
        try:
            _write_through(file, content)
            if os.name != "posix":  # where an open file cannot be renamed
                file.close()
            made.replace(path)
        except BaseException:
            if os.name != "posix":
                file.close()
            made.unlink(missing_ok=True)
            raise
    _settle(path.parent)


def _remove_abandoned(made: Path) -> None:
    """Remove the file of a process that has ended: a process that lives holds the lock until its file has its name.

    On other systems than POSIX an open file can be neither renamed nor removed, so nobody can tell: there it stays.
    """
    if os.name != "posix":
        return
    with suppress(FileNotFoundError):
        descriptor = os.open(made, os.O_WRONLY | os.O_NOFOLLOW)
        try:
            if _is_held(descriptor, made):
                made.unlink()
        finally:
            os.close(descriptor)


def _is_held(descriptor: int, made: Path) -> bool:
    """Lock an open file; whether that was possible, and the file still has this name."""
    if os.name != "posix":
        return True
    # Imported here: a file for temporary files is made meanwhile, and what the council's own commands write is known.
    from api.foundation.systems.locks import lock_opened

    try:
        lock_opened(descriptor, waits=False)
        return os.path.samestat(os.fstat(descriptor), made.lstat())
    except (BlockingIOError, FileNotFoundError):
        return False


def _created(made: Path) -> int:
    return os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), _OWNER_ONLY)


def _write_through(file: IO[bytes], content: bytes) -> None:
    file.write(content)
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def _named_in_errors(path: Path) -> Iterator[None]:
    """The OSError of a full disk does not say which file it is about: this does."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


def _settle(folder: Path) -> None:
    """Make the name of a new file survive a power cut, where folders can be synchronised."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
