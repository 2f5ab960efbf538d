"""How much memory a server takes, with everything that it started."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.live import Server


def resident_bytes(server: Server) -> int:
    """What the server and its children have in memory now; what they share is counted for each."""
    assert server.process is not None
    own = psutil.Process(server.process.pid)
    total = 0
    for process in (own, *own.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            total += process.memory_info().rss
    return total


@dataclass(slots=True)
class Sampled:
    """What was in memory at each moment, in bytes."""

    at: list[tuple[float, int]] = field(default_factory=list)

    @property
    def peak(self) -> int:
        return max(size for _, size in self.at)

    def since(self, moment: float) -> int:
        """The most since a moment."""
        return max((size for at, size in self.at if at >= moment), default=0)


@contextmanager
def sampling(server: Server, *, every_seconds: float) -> Iterator[Sampled]:
    """Look for as long as the block lasts."""
    sampled, over = Sampled(), threading.Event()

    def look() -> None:
        while True:
            with suppress(psutil.NoSuchProcess):
                sampled.at.append((time.monotonic(), resident_bytes(server)))
            if over.wait(every_seconds):
                return

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield sampled
    finally:
        over.set()
        thread.join()


class HighWaterMark:
    """The most that the server's own process held since `reset`: the kernel's own count, which misses nothing."""

    def __init__(self, server: Server) -> None:
        assert server.process is not None
        self.folder = Path(f"/proc/{server.process.pid}")

    def reset(self) -> None:
        (self.folder / "clear_refs").write_text("5")

    def read(self) -> int:
        (line,) = (line for line in (self.folder / "status").read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
