"""The clock: read in one place, and checked for jumps.

The system clock can be set forward or back while the service runs; a monotonic clock cannot. So each reading is
compared with the one before it: a difference without elapsed time is a jump.

Nobody can say which side of a jump was right. What is written is dated by the current clock; irreversible work, such as
deleting what is old, uses for an hour the time without the jump (`steady`).
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

# The clocks of several machines differ slightly: a date no further ahead than this counts as now, not as the future.
AHEAD: Final = timedelta(minutes=1)
_AHEAD_SECONDS: Final = AHEAD.total_seconds()
DOUBTED: Final = timedelta(hours=1)
_LONGEST_READING: Final = 1.0


@dataclass(frozen=True, slots=True)
class Jump:
    """A jump of the clock: its reading afterwards, and the difference (back: below zero)."""

    at: datetime
    by: timedelta

    def __str__(self) -> str:
        way = "forward" if self.by > timedelta(0) else "back"
        return f"the clock was put {way} by {abs(self.by)}, to {self.at:%Y-%m-%d %H:%M:%S} UTC"


class Clock:
    """A system clock, checked by a monotonic one. Thread-safe."""

    def __init__(self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._lock = threading.Lock()
        run, says = self._read()
        self._ahead = says - run
        self._believed = self._ahead
        self._jump: Jump | None = None
        self._jumped = 0.0

    def now(self) -> datetime:
        """The present moment in UTC, by the system clock. Records and logs a jump since the last reading."""
        return self._look()[0]

    def steady(self) -> datetime:
        """The present moment, had the clock not jumped within the last hour."""
        moment, steady = self._look()
        return moment if steady is None else steady

    def last_jump(self) -> Jump | None:
        """The last jump that this process has noticed."""
        self._look()
        return self._jump

    def _look(self) -> tuple[datetime, datetime | None]:
        with self._lock:
            run, wall = self._read()
            ahead, moment = wall - run, datetime.fromtimestamp(wall, UTC)
            by = round(ahead - self._ahead, 3)
            self._ahead = ahead
            jump = Jump(moment, timedelta(seconds=by)) if abs(by) > _AHEAD_SECONDS else None
            if jump is not None:
                self._jump, self._jumped = jump, run
            # Clocks are corrected by small steps all the time: those are followed, and do not count as jumps.
            near = abs(ahead - self._believed) <= _AHEAD_SECONDS
            if near or run - self._jumped >= DOUBTED.total_seconds():
                self._believed = ahead
            steady = None if self._believed == ahead else datetime.fromtimestamp(run + self._believed, UTC)
        if jump is not None:
            logging.getLogger("caseaudit").warning("%s", jump)
        return moment, steady

    def _read(self) -> tuple[float, float]:
        while True:
            run, wall = self._monotonic(), self._wall()
            # Otherwise a process that was stopped in between would mistake the elapsed time for a jump.
            if self._monotonic() - run < _LONGEST_READING:
                return run, wall


class Deadlines:
    """Deadlines that this process has seen: each passes as if nobody had changed the clock.

    By the clock it may pass earlier; so a deadline is never late by more than the time until it was first seen.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._ends: dict[Any, float] = {}

    def passed(self, deadlines: Mapping[Any, datetime], *, moment: datetime) -> set[Any]:
        """Which of these have passed at this moment. Deadlines that are no longer among these are forgotten."""
        with self._lock:
            run = self._monotonic()
            self._ends = {
                key: min(self._ends.get(key, math.inf), run + (by - moment).total_seconds())
                for key, by in deadlines.items()
            }
            return {key for key, end in self._ends.items() if end <= run}


CLOCK: Final = Clock()
# Until when the time is known for certain, if it is doubted.
_known: Final = ContextVar[tuple[datetime, ...]]("known time", default=())


def steady() -> datetime:
    """The present moment, had the clock not jumped within the last hour: for work that follows the calendar."""
    return CLOCK.steady()


def earliest() -> datetime:
    """The earliest possible time: what is old by this may be deleted, whichever side of a jump was right."""
    return min(CLOCK.now(), CLOCK.steady(), *_known.get())


@contextmanager
def doubted_after(moment: datetime | None) -> Iterator[None]:
    """While the block runs, in this thread, the time may be as early as this moment; no earlier for None."""
    before = _known.set(() if moment is None else (moment,))
    try:
        yield
    finally:
        _known.reset(before)


def latest() -> datetime:
    """The latest possible time: what is later than this is dated in the future, whichever side of a jump was right."""
    return max(CLOCK.now(), CLOCK.steady())


def last_jump() -> Jump | None:
    """The last jump of the clock that this process has noticed, for operators."""
    return CLOCK.last_jump()
