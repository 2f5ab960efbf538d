"""What one server process does at once: slots for each kind of work, and the threads that run it.

Requests wait for a slot on the event loop, and only a request with a slot uses a thread: no thread ever waits for
another. `docs/load.md` lists every limit in one table.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from starlette.concurrency import run_in_threadpool

from api.foundation.hooks import Moment
from models.storage.slots import Load, Slots

Result = TypeVar("Result")

# Two cores run few threads at once: more would only slow each other, and the event loop, down.
ENTERING: Final = 16
READING: Final = 4
HEAVY_READING: Final = 2
COMPUTING: Final = 2
PASSWORDS: Final = 2
OUTSIDE: Final = 4
LARGE_BODIES: Final = 2
LONGEST_WAIT_SECONDS: Final = 5
LONGEST_HEAVY_WAIT_SECONDS: Final = 8
LONGEST_COMPUTING_WAIT_SECONDS: Final = 12
LONGEST_IMPORT_SECONDS: Final = 30
THREADS: Final = 32

# One for all apps of a process: they share what it imports.
IMPORTING: Final = Slots("importing", 1, longest_wait=LONGEST_IMPORT_SECONDS)


class Capacity:
    """The slots of this process, and its threads."""

    def __init__(self) -> None:
        # From the arrival of a request until its body has been read and checked.
        self.entering: Final = Slots("entering", ENTERING, longest_wait=LONGEST_WAIT_SECONDS, most_waiting=5_000)
        self.reading: Final = Slots("reading", READING, longest_wait=LONGEST_WAIT_SECONDS)
        self.heavy_reading: Final = Slots(
            "heavy reading", HEAVY_READING, longest_wait=LONGEST_HEAVY_WAIT_SECONDS, most_waiting=200
        )
        # Long enough for ten case-list exports that arrive at once to be read in turn.
        self.computing: Final = Slots(
            "computing", COMPUTING, longest_wait=LONGEST_COMPUTING_WAIT_SECONDS, most_waiting=200
        )
        self.passwords: Final = Slots("passwords", PASSWORDS, longest_wait=LONGEST_HEAVY_WAIT_SECONDS, most_waiting=400)
        # Another service is asked, which may be slow: nothing else waits for that.
        self.outside: Final = Slots("outside", OUTSIDE, longest_wait=LONGEST_HEAVY_WAIT_SECONDS, most_waiting=200)
        # Held while a body comes in, which its sender may make last: one sender leaves a slot to the others.
        self.large_bodies: Final = Slots(
            "large bodies",
            LARGE_BODIES,
            longest_wait=LONGEST_HEAVY_WAIT_SECONDS,
            most_waiting=50,
            most_of_one=LARGE_BODIES - 1,
        )
        self._threads: Final = ThreadPoolExecutor(THREADS, thread_name_prefix="work")

    @property
    def loads(self) -> list[Load]:
        """How busy each kind of slot is."""
        kinds = (
            self.entering,
            self.reading,
            self.heavy_reading,
            self.computing,
            self.passwords,
            self.outside,
            self.large_bodies,
        )
        return [slots.load for slots in kinds]

    async def run(self, work: Callable[[], Result]) -> Result:
        """Run this in a thread. Only for callers that hold a slot: there are more threads than slots."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


async def prepare_for(moment: Moment) -> None:
    """Do what must be done before this moment, unless it is done. Raises Busy where others import for too long."""
    if not moment.is_prepared:
        async with IMPORTING.hold_async():
            if not moment.is_prepared:
                await run_in_threadpool(moment.prepare)
