"""Turns: requests that could all go on at one moment go on a few at a time.

Between two turns the event loop serves everything else, such as a health check. Hundreds of requests that arrive at
once, or wait for the same thing, would otherwise hold it up for a tenth of a second.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final
from weakref import WeakKeyDictionary

OF_A_TURN: Final = 8


class Turns:
    """The work of one event loop that waits for its turn, in the order in which it came."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[Callable[[], None]] = deque()
        self._has_turn = False

    def add(self, work: Callable[[], None]) -> None:
        """Call `work` in one of the next turns of the event loop."""
        self._waiting.append(work)
        self._ask_for_turn()

    def _ask_for_turn(self) -> None:
        if self._waiting and not self._has_turn:
            self._has_turn = True
            self._loop.call_soon(self._take_turn)

    def _take_turn(self) -> None:
        self._has_turn = False
        for _ in range(min(OF_A_TURN, len(self._waiting))):
            self._waiting.popleft()()
        self._ask_for_turn()


_TURNS: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, Turns]] = WeakKeyDictionary()


def turns_of(loop: asyncio.AbstractEventLoop) -> Turns:
    """The turns of this event loop."""
    if loop not in _TURNS:
        _TURNS[loop] = Turns(loop)
    return _TURNS[loop]


async def await_turn() -> None:
    """Go on when it is this task's turn."""
    loop = asyncio.get_running_loop()
    turn = loop.create_future()
    turns_of(loop).add(lambda: None if turn.done() else turn.set_result(None))
    await turn
