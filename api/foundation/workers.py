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

from models.storage.failures import is_lost

# A worker that has failed this many times in a row does not recover by itself.
FAILED_ROUNDS: Final = 3
# When the database was lost the next run comes sooner than usual: first after so many seconds, then twice as many, and
# so on. What runs every ten minutes does not wait as long because the database was away for a moment. Not after another
# failure: the work may be long, and fail at its end each time.
AGAIN_SECONDS: Final = 1.0
LONGEST_AGAIN_SECONDS: Final = 10.0
# After the first failures in a row, one is logged in so many seconds: else hours without a database fill a disk.
LOGGED_AGAIN_SECONDS: Final = 300.0
# A worker is stuck when a run has taken this many times its interval, and longer than any run can reasonably take.
STUCK_INTERVALS: Final = 5
LONGEST_ROUND_SECONDS: Final = 300.0


@dataclass(slots=True)
class _Worker:
    seconds: float
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    began_at: float | None = None
    failed: int = 0
    lost: int = 0
    logged_at: float = 0.0

    @property
    def pause(self) -> float:
        """How long to wait for the next run."""
        if not self.lost:
            return self.seconds
        return min(self.seconds, LONGEST_AGAIN_SECONDS, AGAIN_SECONDS * 2.0 ** min(self.lost - 1, 10))

    def succeed(self) -> None:
        self.failed = self.lost = 0

    def fail(self, error: Exception) -> None:
        self.failed += 1
        self.lost = self.lost + 1 if is_lost(error) else 0

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
        """Run this at this interval, each time in a thread, until cancelled; a run in progress is finished first.

        When the database was lost, it runs again sooner.
        """
        self.add(name, seconds)
        worker = self._workers[name]
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(worker.wake.wait(), worker.pause)
            worker.wake.clear()
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
            worker.succeed()
        except Exception as error:
            # The database may be unavailable or the disk full; requests report that, and it may work the next time.
            worker.fail(error)
            if worker.failed <= FAILED_ROUNDS or self._monotonic() - worker.logged_at >= LOGGED_AGAIN_SECONDS:
                worker.logged_at = self._monotonic()
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
