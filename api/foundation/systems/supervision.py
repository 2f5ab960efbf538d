"""Reporting to systemd that this process serves, and goes on serving: a process that hangs is then started again.

What is reported is that the event loop runs. So not the database: where it is away, a new start would help nobody.
"""

import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import anyio

# So many times in the time after which systemd would end the service.
REPORTS: Final = 4


@asynccontextmanager
async def supervised() -> AsyncIterator[None]:
    """While the block runs, this is reported to systemd. Does nothing where no unit asks for it.

    Of several processes each reports it, and systemd does not tell them apart: it notices when none goes on.
    """
    _report(b"READY=1")
    async with anyio.create_task_group() as loops:
        if seconds := _asked_for():
            loops.start_soon(_report_every, seconds / REPORTS)
        yield
        loops.cancel_scope.cancel()


async def _report_every(seconds: float) -> None:
    while True:
        _report(b"WATCHDOG=1")
        await anyio.sleep(seconds)


def _asked_for() -> float:
    """After how many seconds of silence systemd ends the service; 0 for never."""
    asked = os.environ.get("WATCHDOG_USEC", "")
    return int(asked) / 1e6 if asked.isdecimal() else 0.0


def _report(what: bytes) -> None:
    address = os.environ.get("NOTIFY_SOCKET", "")
    if sys.platform == "win32" or not address.startswith(("/", "@")):
        return
    # A socket without a file has a name that begins with a zero byte.
    place = f"\0{address[1:]}" if address.startswith("@") else address
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as reporter:
        reporter.setblocking(False)
        reporter.sendto(what, place)
