"""Background workers: each is a loop that survives failed runs, and reports its state."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.concurrency import run_in_threadpool

# A worker that has failed this many times in a row does not recover by itself.
FAILED_ROUNDS: Final = 3
# A worker is stuck when a run has taken this many times its interval, and longer than any run can reasonably take.
STUCK_INTERVALS: Final = 5
LONGEST_ROUND_SECONDS: Final = 300.0


@dataclass(slots=True)
class _Worker:
    seconds: float
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    began_at: float | None = None
    failed: int = 0

    def is_stuck(self, moment: float) -> bool:
        longest = max(STUCK_INTERVALS * self.seconds, LONGEST_ROUND_SECONDS)
        return self.began_at is not None and moment - self.began_at > longest


class Workers:
    """The workers of one service process. Their state is in memory, and is returned at once."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._guard = threading.Lock()
        self._workers: dict[str, _Worker] = {}

    @property
    def names(self) -> list[str]:
        """The names of the workers."""
        with self._guard:
            return list(self._workers)

    def add(self, name: str, seconds: float) -> None:
        """Register a worker that is to run once in so many seconds."""
        with self._guard:
            self._workers[name] = _Worker(seconds)

    async def every(self, seconds: float, name: str, work: Callable[[], Any]) -> None:
        """Run this at this interval, each time in a thread, until cancelled; a run in progress is finished first."""
        self.add(name, seconds)
        wake = self._workers[name].wake
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), seconds)
            wake.clear()
            await self.one_round(name, work)

    def wake(self, *names: str) -> None:
        """Let these workers run now, without waiting for their interval; nothing where they do not run in this process.

        Call it on the event loop.
        """
        for name in names:
            if name in self._workers:
                self._workers[name].wake.set()

    async def one_round(self, name: str, work: Callable[[], Any]) -> None:
        """Run this now, and note how it ended. Raises nothing that the work raises."""
        worker = self._workers[name]
        worker.began_at = self._monotonic()
        try:
            await run_in_threadpool(work)
            worker.failed = 0
        except Exception:
            # The database may be unavailable or the disk full; requests report that, and it may work the next time.
            worker.failed += 1
            logging.getLogger("caseaudit").exception("work in the background failed: %s", name)
        finally:
            worker.began_at = None

    @property
    def problems(self) -> list[str]:
        """What is wrong with which workers, in words; empty when nothing is."""
        moment = self._monotonic()
        with self._guard:
            workers = list(self._workers.items())
        stuck = [name for name, worker in workers if worker.is_stuck(moment)]
        failing = [name for name, worker in workers if worker.failed >= FAILED_ROUNDS]
        return [
            *([f"Background work is stuck: {', '.join(stuck)}."] if stuck else []),
            *([f"Background work keeps failing: {', '.join(failing)}."] if failing else []),
        ]
