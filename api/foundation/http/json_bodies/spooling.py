"""A large body is written to an unnamed, encrypted file and hashed as it arrives. No copy of it stays in memory."""

import hashlib
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from tempfile import TemporaryFile
from typing import IO, Final

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR

from api.foundation.problems import Unavailable

Run = Callable[[Callable[[], None]], Awaitable[None]]
# This much is written and hashed, or read, in one step, in a thread.
_STEP: Final = 256 * 1024
_BLOCK: Final = 16
_KEY_BYTES: Final = 32


class SpooledBody:
    """A body on the disk, and the fingerprint of its content. Closing it deletes it.

    It is encrypted, with a key that only this object has: nobody reads it from the disk, now or later.
    """

    def __init__(self, begins_with: bytes) -> None:
        """`begins_with` is hashed before the body."""
        # It has no name, so the system deletes it with the process even when that is killed.
        self._file: Final[IO[bytes]] = TemporaryFile()  # noqa: SIM115 - the owner of this object calls `close`
        self._key: Final = os.urandom(_KEY_BYTES)
        self._encryption: Final = self._key_stream(0)
        self._hash: Final = hashlib.sha256(begins_with)
        self._size = 0
        self._reading: Final = threading.Lock()

    @property
    def fingerprint(self) -> str:
        return self._hash.hexdigest()

    async def take(self, parts: AsyncIterator[bytes], run: Run) -> None:
        """Store the body, and be ready to be read.

        Raises what `parts` raises, and Unavailable when the disk is full.
        """
        waiting = bytearray()
        async for part in parts:
            waiting += part
            if len(waiting) >= _STEP:
                await self._keep(bytes(waiting), run)
                waiting.clear()
        await self._keep(bytes(waiting), run)

    async def _keep(self, content: bytes, run: Run) -> None:
        def keep() -> None:
            self._hash.update(content)
            try:
                self._file.write(self._encryption.update(content))
                self._file.flush()
            except OSError:
                raise Unavailable.no_room() from None

        await run(keep)
        self._size += len(content)

    def part(self, start: int, end: int) -> bytes:
        """The bytes from `start` to `end`. Several threads may read at once."""
        in_block = start % _BLOCK
        with self._reading:
            self._file.seek(start - in_block)
            encrypted = self._file.read(end - start + in_block)
        return self._key_stream((start - in_block) // _BLOCK).update(encrypted)[in_block:]

    def parts(self) -> Iterator[bytes]:
        """The whole, a part at a time."""
        for start in range(0, self._size, _STEP):
            yield self.part(start, min(start + _STEP, self._size))

    def close(self) -> None:
        # What did not fit is not waited for again.
        with suppress(OSError):
            self._file.close()

    def _key_stream(self, block: int) -> CipherContext:
        """Encrypts and decrypts from this block on: AES in counter mode, so that any part is read alone."""
        return Cipher(AES256(self._key), CTR(block.to_bytes(_BLOCK, "big"))).encryptor()
