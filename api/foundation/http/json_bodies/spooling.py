"""A large body is written to an unnamed file and hashed as it arrives. No copy of it stays in memory."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from tempfile import TemporaryFile
from typing import IO, Final

from api.foundation.problems import Unavailable

Run = Callable[[Callable[[], None]], Awaitable[None]]
# This much is written and hashed in one step, in a thread.
_STEP: Final = 256 * 1024


class SpooledBody:
    """The file, and the fingerprint of its content. Closing it deletes it."""

    def __init__(self, begins_with: bytes) -> None:
        """`begins_with` is hashed before the body."""
        # It has no name, so the system deletes it with the process even when that is killed.
        self.file: Final[IO[bytes]] = TemporaryFile()  # noqa: SIM115 - the owner of this object calls `close`
        self._hash: Final = hashlib.sha256(begins_with)

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
        self.file.flush()
        self.file.seek(0)

    async def _keep(self, content: bytes, run: Run) -> None:
        def keep() -> None:
            self._hash.update(content)
            try:
                self.file.write(content)
                self.file.flush()
            except OSError:
                raise Unavailable.no_room() from None

        await run(keep)

    def close(self) -> None:
        # What did not fit is not waited for again.
        with suppress(OSError):
            self.file.close()
