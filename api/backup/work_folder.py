"""The folder that a backup is made in or unpacked to: what is not encrypted itself is encrypted there.

Its key is only in the memory of this process. What a process that was killed leaves in it opens for nobody.
"""

import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import file_digest, sha256
from pathlib import Path
from typing import IO, Any, Final

from pydantic import BaseModel

AT_ONCE: Final = 1024 * 1024
OWNER_ONLY: Final = 0o600


class Part(BaseModel):
    """A file of a backup, with its size in bytes and its SHA-256 hash."""

    name: str
    size: int
    sha256: str


class WorkFolder:
    """The parts of one backup in an existing folder, by name.

    A part is encrypted in its file, but for one that a program must read from a file: of SQLite, which encrypts itself.
    """

    def __init__(self, path: Path) -> None:
        from pyrage import x25519

        self.path: Final = path
        self.parts: Final[dict[str, Part]] = {}
        self._once: Final = x25519.Identity.generate()

    def add(self, name: str, write: Callable[[IO[bytes]], object]) -> Part:
        """Keep what this function writes, encrypted. Raises what the function raises, and an OSError that names this
        folder.
        """
        with self._named_in_errors(), _new_file(self._sealed(name)) as file, piped(write) as plain:
            seen = _Seen(plain)
            encrypt(seen, file, [self._once.to_public()])
        self.parts[name] = Part(name=name, size=seen.size, sha256=seen.hash.hexdigest())
        return self.parts[name]

    def add_as_it_is(self, name: str, write: Callable[[IO[bytes]], object]) -> Part:
        """Keep what this writes in a file of this name, which a program reads itself. Raises as `add` does."""
        with self._named_in_errors(), _new_file(self.path / name) as file:
            write(file)
        return self.note_file(name)

    def note_file(self, name: str) -> Part:
        """A part that a program has written to a file of this name itself."""
        file = self.path / name
        with file.open("rb") as content:
            digest = file_digest(content, "sha256").hexdigest()
        self.parts[name] = Part(name=name, size=file.stat().st_size, sha256=digest)
        return self.parts[name]

    @contextmanager
    def reading(self, name: str) -> Iterator[IO[bytes]]:
        """The content of a part, from its beginning. It has a descriptor that another program can read."""
        from pyrage import decrypt_io

        if not self._sealed(name).exists():
            with (self.path / name).open("rb") as plain:
                yield plain
            return
        with (
            self._sealed(name).open("rb") as sealed,
            piped(lambda pipe: decrypt_io(sealed, pipe, [self._once])) as content,
        ):
            yield content
            drain(content)

    def content(self, name: str) -> bytes:
        """The content of a small part."""
        with self.reading(name) as content:
            return content.read()

    @contextmanager
    def _named_in_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OSError(error.errno, error.strerror, error.filename or str(self.path)) from error

    def _sealed(self, name: str) -> Path:
        return self.path / f"{name}.age"


def encrypt(plain: Any, to: IO[bytes], recipients: Sequence[Any]) -> None:
    """Encrypt a stream for the holders of age keys.

    Raises EncryptError, and the OSError with which `to` could not be written, which age would hide in the other.
    """
    from pyrage import EncryptError, encrypt_io

    written = _Written(to)
    try:
        encrypt_io(plain, written, recipients)
    except EncryptError:
        if written.failure is not None:
            raise written.failure from None
        raise


class _Written:
    """A stream that remembers why it could not be written."""

    def __init__(self, to: IO[bytes]) -> None:
        self.failure: OSError | None = None
        self._to = to

    def write(self, some: bytes) -> int:
        with self._noting():
            return self._to.write(some)

    def flush(self) -> None:
        with self._noting():
            self._to.flush()

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except OSError as failure:
            self.failure = failure
            raise


class _Seen:
    """A stream that counts and hashes what is read from it."""

    def __init__(self, source: IO[bytes]) -> None:
        self.size, self.hash, self._source = 0, sha256(), source

    def read(self, size: int = -1) -> bytes:
        some = self._source.read(size)
        self.size += len(some)
        self.hash.update(some)
        return some


def drain(source: IO[bytes]) -> None:
    """Read to the end, which is authenticated too."""
    while source.read(AT_ONCE):
        pass


def copy_of(source: IO[bytes]) -> Callable[[IO[bytes]], object]:
    """What writes all that is left in this stream."""
    return lambda to: shutil.copyfileobj(source, to, AT_ONCE)


def _new_file(path: Path) -> Any:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(path, flags, OWNER_ONLY), "wb")


@contextmanager
def piped(write: Callable[[IO[bytes]], object]) -> Iterator[IO[bytes]]:
    """What `write` writes, to be read while it is written. Its error is raised instead of what follows from it."""
    receiving, sending = os.pipe()
    errors: list[BaseException] = []

    def run() -> None:
        with os.fdopen(sending, "wb") as to:
            try:
                write(to)
                to.flush()
            except BaseException as error:  # noqa: BLE001 - raised in the other thread
                errors.append(error)

    thread = threading.Thread(target=run, name="backup")
    thread.start()
    failed: BaseException | None = None
    first: list[BaseException] = []
    try:
        with os.fdopen(receiving, "rb") as source:
            try:
                yield source
            except BaseException as error:  # noqa: BLE001 - raised below, unless it follows from another
                failed = error
                first = list(errors)
    finally:
        thread.join()
    if failed is not None:
        raise first[0] if first else failed
    if errors:
        raise errors[0]
