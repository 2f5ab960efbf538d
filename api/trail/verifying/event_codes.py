"""Whether the service wrote each event: its code cannot be computed from the database alone."""

from collections.abc import Iterable, Iterator
from typing import Final

from api.trail.verifying.scratch import Scratch
from checklists.chain import ChainedEvent
from checklists.event_codes import code_of, is_code_right

AT_ONCE: Final = 5_000
# Further faults are counted, not listed.
MOST_LISTED: Final = 20
_HALF: Final = 2**63


class EventCodes:
    """The codes of one organisation's events, checked while they are read.

    `without`: how many events before the first with a code have none. After that one, an event without a code was not
    written by the service.
    """

    def __init__(self, connection: Scratch, key: bytes) -> None:
        self.without = 0
        self.wrong = 0
        self._key = key
        self._listed: list[str] = []
        self._began = False
        self._waiting: list[tuple[int, int]] = []
        self._connection = connection
        self._connection.execute("DELETE FROM code")

    def checking(self, events: Iterable[ChainedEvent]) -> Iterator[ChainedEvent]:
        """The same events, checked while they are read."""
        for event in events:
            self._check(event)
            yield event
        self._find_copies()

    @property
    def faults(self) -> Iterator[str]:
        """What is wrong, in sentences."""
        yield from self._listed
        if self.wrong > len(self._listed):
            yield f"And {self.wrong - len(self._listed):,} more events that the service did not record."

    def _check(self, event: ChainedEvent) -> None:
        code = code_of(str(event.details))  # SQLite stores values of any type in a column
        if code is None:
            if not self._began:
                self.without += 1
                return
            self._list(f"Event {event.number:,} ({event.kind}) has no code of the service")
            return
        self._began = True
        if not is_code_right(self._key, event, code):
            self._list(f"Event {event.number:,} ({event.kind}) has a wrong code")
            return
        self._waiting.append((int(code.unique, 16) - _HALF, event.number))
        if len(self._waiting) >= AT_ONCE:
            self._find_copies()

    def _find_copies(self) -> None:
        """Find copied events: a copy has the same code as its original."""
        some = sorted(self._waiting)
        self._waiting.clear()
        added = self._connection.executemany("INSERT OR IGNORE INTO code VALUES (?, ?)", some).rowcount
        if added == len(some):
            return
        for digits, number in sorted(some, key=lambda each: each[1]):
            query = "SELECT event FROM code WHERE digits = ?"
            (first,) = self._connection.execute(query, (digits,)).fetchone()
            if first != number:
                self._list(f"Event {number:,} is a copy of event {first:,}")

    def _list(self, sentence: str) -> None:
        self.wrong += 1
        if len(self._listed) < MOST_LISTED:
            self._listed.append(f"{sentence}: somebody added or changed it in the database.")
