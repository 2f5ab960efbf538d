"""Connections: how much of an incomplete request is read, how long it may take, and which connections close first when
there are too many.

Uvicorn's HTTP protocol does not limit headers and waits for ever for the rest of a request. This is the same protocol
with limits, which apply before the service is called.
"""

import asyncio
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Final
from weakref import WeakKeyDictionary

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from api.foundation.http.request_checks import UNCHECKED_PATH
from api.foundation.http.turns import turns_of
from api.foundation.problems import HeadersTooLarge, Problem, TooSlow, Unavailable
from api.foundation.systems.limits import most_open_files

LOG: Final = logging.getLogger("caseaudit.connections")
KILOBYTE: Final = 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What a connection may use of memory and time."""

    head_bytes: int = 32 * KILOBYTE
    headers: int = 100
    head_seconds: float = 10
    idle_seconds: float = 15
    # A body may start late; after that it must arrive at this rate, whatever its size,
    body_grace_seconds: float = 15
    body_bytes_a_second: int = KILOBYTE
    # and be complete within a minute, plus one second for each of these numbers of bytes.
    body_seconds: float = 60
    body_bytes_for_another_second: int = 32 * KILOBYTE
    # How long the rest of a refused body is read and discarded, so that its sender reads the refusal.
    draining_seconds: float = 10
    # How long a client may leave a response unread.
    unread_seconds: float = 60
    pipelined: int = 8
    connections: int = 1000
    sweep_seconds: float = 1


# At most this much is parsed before its size is checked: the parser keeps incomplete input.
_SLICE: Final = 4 * KILOBYTE
# Of the files that a process may open, this many are reserved for the database and for files.
_FILES_OF_OTHERS: Final = 200


class OpenConnections:
    """The connections of one server process; when there are too many, the ones that have waited longest are closed."""

    def __init__(self, loop: asyncio.AbstractEventLoop, limits: Limits) -> None:
        self.loop = loop
        self.most = min(limits.connections, most_open_files() - _FILES_OF_OTHERS)
        self.limits = limits
        self.everybody: set[LimitedProtocol] = set()
        # In the order in which they began to wait: connections with an incomplete head, and with an incomplete body.
        self.without_head: dict[LimitedProtocol, None] = {}
        self.without_body: dict[LimitedProtocol, None] = {}
        self._sweeping: asyncio.TimerHandle | None = None

    def admit(self, newcomer: "LimitedProtocol") -> bool:
        """Count one more connection; whether there is room, if necessary by closing the one that has waited longest."""
        self.everybody.add(newcomer)
        if self._sweeping is None:
            self._sweeping = self.loop.call_later(self.limits.sweep_seconds, self._sweep)
        if len(self.everybody) <= self.most:
            return True
        longest = next(self._waiting(), None)
        if longest is None:
            return False
        longest.close_for_another()
        return True

    def _waiting(self) -> Iterator["LimitedProtocol"]:
        yield from self.without_head
        yield from self.without_body

    def remove(self, leaving: "LimitedProtocol") -> None:
        self.everybody.discard(leaving)
        self.without_head.pop(leaving, None)
        self.without_body.pop(leaving, None)

    def _sweep(self) -> None:
        self._sweeping = None
        for connection in tuple(self.everybody):
            connection.check_time_limits()
        if self.everybody:
            self._sweeping = self.loop.call_later(self.limits.sweep_seconds, self._sweep)


_OPEN_CONNECTIONS: Final[WeakKeyDictionary[ServerState, OpenConnections]] = WeakKeyDictionary()


class LimitedProtocol(HttpToolsProtocol):
    """HTTP on one connection, within `limits`."""

    limits: ClassVar[Limits] = Limits()

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if self.server_state not in _OPEN_CONNECTIONS:
            _OPEN_CONNECTIONS[self.server_state] = OpenConnections(self.loop, self.limits)
        self.open_connections = _OPEN_CONNECTIONS[self.server_state]
        self.is_refused = False
        self._has_asked = False
        self._is_in_head = False
        self._head_bytes = 0
        self._unaccounted = 0
        self._body_bytes = 0
        self._body_seconds = 0.0
        self._unread = 0
        self._since = self._swept = self._unread_since = self.loop.time()

    # Callbacks of the event loop.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        has_room = self.open_connections.admit(self)
        self._await_head()
        if not has_room:
            self._refuse(Unavailable("The service has too many connections. Try again in 1 minute."))
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.open_connections.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        view = memoryview(data)
        for start in range(0, len(view), _SLICE):
            if self.is_refused or self.transport.is_closing():
                return
            part = data if len(data) <= _SLICE else bytes(view[start : start + _SLICE])
            self._unaccounted += len(part)
            super().data_received(part)
            if self._unaccounted > self.limits.head_bytes + _SLICE:
                self._refuse(HeadersTooLarge())

    # Callbacks of the parser.

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_head = True
        self._head_bytes = self._unaccounted = self._body_bytes = 0
        self._body_seconds = 0.0
        # A new connection's time runs from when it was opened, an idle one's from now.
        if self._has_asked and not self._is_answering:
            self._since = self.loop.time()

    def on_url(self, url: bytes) -> None:
        self._head_bytes += len(url)
        if self._is_within_head():
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        # Trailers after a chunked body count towards the limit, and are otherwise ignored: the service has read the
        # headers by then.
        self._head_bytes += len(name) + len(value) + 4
        if self._is_within_head() and self._is_in_head:
            super().on_header(name, value)

    def _is_within_head(self) -> bool:
        if self._head_bytes > self.limits.head_bytes or len(self.headers) >= self.limits.headers:
            self._refuse(HeadersTooLarge())
        return not self.is_refused

    def on_headers_complete(self) -> None:
        self._unaccounted = 0
        if self.is_refused:
            return
        if len(self.pipeline) >= self.limits.pipelined:
            self.is_refused = True
            self.transport.close()
            return
        self._is_in_head = False
        self._since = self.loop.time()
        self.open_connections.without_head.pop(self, None)
        self.open_connections.without_body[self] = None
        super().on_headers_complete()
        self._has_asked = True

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        start = partial(super()._start_asgi_task, cycle, app)
        if cycle.scope["path"] == UNCHECKED_PATH:
            start()
        else:
            turns_of(self.loop).add(start)

    def on_body(self, body: bytes) -> None:
        self._unaccounted = 0
        if not self.is_refused:
            self._body_bytes += len(body)
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._unaccounted = 0
        self.open_connections.without_body.pop(self, None)
        if not self.is_refused:
            super().on_message_complete()
            if not self._is_answering:
                self._await_head()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._since = self.loop.time()
        if not self.pipeline and not self._has_body_to_come and not self.transport.get_write_buffer_size():
            self._await_head()

    # Timers.

    @property
    def _is_answering(self) -> bool:
        return self._has_asked and not self.cycle.response_complete

    @property
    def _has_body_to_come(self) -> bool:
        return self in self.open_connections.without_body

    def _await_head(self) -> None:
        self._since = self.loop.time()
        self.open_connections.without_head.pop(self, None)
        self.open_connections.without_head[self] = None

    def check_time_limits(self) -> None:
        """Close the connection when its time is over."""
        passed, self._swept = self.loop.time() - self._swept, self.loop.time()
        if unread := self.transport.get_write_buffer_size():
            self._check_unread(unread)
        elif self.is_refused or self.transport.is_closing():
            if self.loop.time() - self._since > self.limits.draining_seconds:
                self.transport.abort()
        elif self._is_answering:
            self._check_body(passed)
        elif self._has_body_to_come:
            self._end_after(self.limits.draining_seconds)
        elif self._is_in_head or not self._has_asked:
            self._end_after(self.limits.head_seconds, TooSlow() if self._is_in_head else None)
        else:
            self.open_connections.without_head.setdefault(self)
            self._end_after(self.limits.idle_seconds)

    def _end_after(self, seconds: float, problem: Problem | None = None) -> None:
        if self.loop.time() - self._since <= seconds:
            return
        if problem is None or self.is_refused:
            self.transport.close()
        else:
            self._refuse(problem)

    def _check_body(self, passed: float) -> None:
        # Not while the service itself makes the sender wait.
        if not self._has_body_to_come or self.flow.read_paused or self.cycle.waiting_for_100_continue:
            return
        self._body_seconds += passed
        limits, seconds = self.limits, self._body_seconds
        too_slow = seconds > limits.body_grace_seconds and self._body_bytes < seconds * limits.body_bytes_a_second
        if too_slow or seconds > limits.body_seconds + self._body_bytes / limits.body_bytes_for_another_second:
            self._refuse(TooSlow())

    def _check_unread(self, unread: int) -> None:
        # Every other time limit starts when the response has been read.
        self._since = self.loop.time()
        if unread != self._unread:
            self._unread, self._unread_since = unread, self.loop.time()
        elif self.loop.time() - self._unread_since > self.limits.unread_seconds:
            self.transport.abort()

    # Closing.

    def close_for_another(self) -> None:
        """Close at once, to make room for another connection."""
        self.open_connections.remove(self)
        self.transport.abort()

    def _refuse(self, problem: Problem) -> None:
        """Respond in place of the service, and close. What still arrives is read and discarded for a while."""
        if self.is_refused:
            return
        self.is_refused = True
        self._since = self.loop.time()
        LOG.info("connection refused", extra={"fields": {"status": int(problem.status)}})
        if self.transport.is_closing():
            return
        if self._is_answering and (self.cycle.response_started or self.pipeline):
            self.transport.abort()
            return
        if self._has_asked:
            _report_disconnect(self.cycle)
        self.transport.write(b"".join(refusal_bytes(problem)))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        # If the connection closed at once, the refusal could be lost while the client is still sending.
        self.loop.call_later(self.limits.sweep_seconds, self.transport.close)


def _report_disconnect(cycle: RequestResponseCycle) -> None:
    """Tell the service that the client has disconnected, so that it sends nothing more."""
    cycle.disconnected = True
    cycle.message_event.set()


def refusal_bytes(problem: Problem) -> Iterator[bytes]:
    """A refusal as bytes for the wire, for requests that never reach the service."""
    body = json.dumps(
        {
            "type": f"/problems/{problem.slug}",
            "title": problem.title,
            "status": int(problem.status),
            "detail": problem.detail,
            "instance": "",
            "request_id": "",
            "errors": [],
        }
    ).encode()
    yield STATUS_LINE[problem.status]
    headers = {
        "content-type": "application/problem+json",
        "content-length": str(len(body)),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "connection": "close",
        **problem.headers,
    }
    for name, value in headers.items():
        yield f"{name}: {value}\r\n".encode()
    yield b"\r\n"
    yield body
