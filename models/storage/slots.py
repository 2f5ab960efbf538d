"""Slots: how many may do a thing at once, who is next, and how long anybody waits.

The same queue serves threads (`hold`) and the event loop (`hold_async`), so that both wait in one order.
"""

import asyncio
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Hashable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Final


class Busy(Exception):
    """No slot became free in time. `seconds` is when it may be worth trying again."""

    def __init__(self, name: str, seconds: int = 2) -> None:
        super().__init__(name)
        self.seconds: Final = seconds


@dataclass(frozen=True, slots=True)
class Load:
    """How busy some slots are at this moment."""

    name: str
    held: int
    number: int
    waiting: int
    # For how long nobody has got a slot although somebody waits, in seconds.
    stuck_for: float


class Slots:
    """A number of slots, each held by one request at a time.

    Owners take turns: an owner with a hundred requests waits for their own, and others do not wait for all of them.
    Among the requests of one owner the first to ask is the first to get a slot. One owner holds at most `most_of_one`.
    Raises Busy after `longest_wait` seconds, or at once when `most_waiting` wait already; for an owner of whom nobody
    waits, when twice as many do.
    """

    def __init__(
        self, name: str, number: int, *, longest_wait: float, most_waiting: int = 1_000, most_of_one: int | None = None
    ) -> None:
        self.name: Final = name
        self.number: Final = number
        self.longest_wait: Final = longest_wait
        self.most_waiting: Final = most_waiting
        self.most_of_one: Final = most_of_one or number
        self._guard = threading.Lock()
        self._given_at = time.monotonic()
        self._held: Counter[Hashable] = Counter()
        # The queue of each waiting owner; the owner at the front is the next to get a slot.
        self._queues: OrderedDict[Hashable, deque[Future[None]]] = OrderedDict()

    @property
    def load(self) -> Load:
        with self._guard:
            waiting = sum(map(len, self._queues.values()))
            stuck_for = time.monotonic() - self._given_at if waiting else 0.0
            return Load(self.name, self._held.total(), self.number, waiting, stuck_for)

    @contextmanager
    def hold(self, owner: Hashable = None) -> Iterator[None]:
        """Hold a slot in this thread. Raises Busy."""
        asked = self._ask(owner)
        try:
            asked.result(self.longest_wait)
        except TimeoutError:
            if self._withdraw(owner, asked):
                raise Busy(self.name) from None
        except BaseException:
            if not self._withdraw(owner, asked):
                self._give_back(owner)
            raise
        try:
            yield
        finally:
            self._give_back(owner)

    @asynccontextmanager
    async def hold_async(self, owner: Hashable = None) -> AsyncIterator[None]:
        """Hold a slot in this task: no thread waits. Raises Busy."""
        asked = self._ask(owner)
        if not asked.done():
            # Shielded, because cancelling the wait must not lose a slot that is given at the same moment.
            granted = asyncio.wrap_future(asked)
            try:
                await asyncio.wait_for(asyncio.shield(granted), self.longest_wait)
            except TimeoutError:
                if self._withdraw(owner, asked):
                    raise Busy(self.name) from None
            except BaseException:
                if not self._withdraw(owner, asked):
                    self._give_back(owner)
                raise
        try:
            yield
        finally:
            self._give_back(owner)

    def _ask(self, owner: Hashable) -> Future[None]:
        asked: Future[None] = Future()
        with self._guard:
            waiting = sum(map(len, self._queues.values()))
            # One owner with many requests must not keep the others out of the queue.
            most = self.most_waiting if owner in self._queues else 2 * self.most_waiting
            if waiting >= most:
                raise Busy(self.name)
            if not self._queues:
                self._given_at = time.monotonic()
            self._queues.setdefault(owner, deque()).append(asked)
            self._give_out()
        return asked

    def _withdraw(self, owner: Hashable, asked: Future[None]) -> bool:
        """Stop waiting; False when the slot has been given in the meantime."""
        with self._guard:
            queue = self._queues.get(owner)
            if queue is None or asked not in queue:
                return False
            queue.remove(asked)
            if not queue:
                del self._queues[owner]
            asked.cancel()
            return True

    def _give_back(self, owner: Hashable) -> None:
        with self._guard:
            self._held[owner] -= 1
            if not self._held[owner]:
                del self._held[owner]
            self._give_out()

    def _give_out(self) -> None:
        while self._queues and self._held.total() < self.number:
            next_owners = (each for each in self._queues if self._held[each] < self.most_of_one)
            try:
                owner = next(next_owners)
            except StopIteration:
                return
            queue = self._queues[owner]
            asked = queue.popleft()
            if queue:
                self._queues.move_to_end(owner)
            else:
                del self._queues[owner]
            self._held[owner] += 1
            self._given_at = time.monotonic()
            asked.set_result(None)
