"""Starting requests a few at a time: between two turns the event loop serves everything else, such as a health check.

Hundreds of requests may arrive at one moment. Started all at once, the first part of each would hold up the event loop
for a tenth of a second.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

STARTS_A_TURN: Final = 8


class Starts:
    """The requests of one event loop that wait to be started, in the order in which they came."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[Callable[[], None]] = deque()
        self._has_turn = False

    def add(self, start: Callable[[], None]) -> None:
        """Call `start` in one of the next turns of the event loop."""
        self._waiting.append(start)
        self._ask_for_turn()

    def _ask_for_turn(self) -> None:
        if self._waiting and not self._has_turn:
            self._has_turn = True
            self._loop.call_soon(self._take_turn)

    def _take_turn(self) -> None:
        self._has_turn = False
        for _ in range(min(STARTS_A_TURN, len(self._waiting))):
            self._waiting.popleft()()
        self._ask_for_turn()
