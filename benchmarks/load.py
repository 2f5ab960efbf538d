"""A client with little overhead, in a process of its own, because it shares two cores with what it measures.

`python -m benchmarks.load` reads what to send as a pickle from standard input, and writes times as JSON.
"""

import asyncio
import json
import pickle
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import TYPE_CHECKING, cast

import uvloop

if TYPE_CHECKING:
    from tests.live import Server


@dataclass(frozen=True, slots=True)
class Measured:
    seconds: float
    latencies: tuple[float, ...]

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    @property
    def median_ms(self) -> float:
        return median(self.latencies) * 1000

    @property
    def p95_ms(self) -> float:
        return quantiles(self.latencies, n=20)[-1] * 1000


def page_request(path: str, cookie: str) -> bytes:
    """A request for a page with the cookie of somebody who is signed in."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode()


def processor_seconds(server: "Server") -> float:
    """The processor time that the server's processes have used so far."""
    times = [process.cpu_times() for process in server.processes()]
    return float(sum(each.user + each.system for each in times))


def request(
    method: str, path: str, token: str, body: bytes = b"", *, key: str = "", headers: Mapping[str, str] | None = None
) -> bytes:
    """A request, ready to be sent."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {token}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    if key:
        lines.append(f"Idempotency-Key: {key}")
    return "\r\n".join([*lines, "", ""]).encode() + body


class RequestsFailedError(Exception):
    """Some requests got another status than they should, or none: says how many, and what the first one got."""

    def __init__(self, number: int, of: int, first: str) -> None:
        super().__init__(f"{number} of {of} requests failed, the first with {first}")
        self.number = number


def run(port: int, connections: int, requests: Sequence[bytes], *, status: int, pause: float = 0) -> Measured:
    """Send all the requests from a process of its own; `pause`: the seconds that each connection waits after an answer.

    Raises RequestsFailedError, when all have been sent.
    """
    load = pickle.dumps((port, connections, list(requests), status, pause))
    done = subprocess.run([sys.executable, "-m", "benchmarks.load"], input=load, stdout=subprocess.PIPE, check=True)
    seconds, latencies, failures = json.loads(done.stdout)
    missing = len(requests) - len(latencies)
    if missing:
        first = failures[0] if failures else "no answer"
        raise RequestsFailedError(missing, len(requests), first)
    return Measured(seconds, tuple(latencies))


class _Connection(asyncio.Protocol):
    """Sends one request after another; reads only the status and the length of a response."""

    def __init__(
        self, waiting: Iterator[bytes], status: int, pause: float, latencies: list[float], failures: list[str]
    ) -> None:
        self.waiting = waiting
        self.pause = pause
        self.status = b"HTTP/1.1 %d " % status
        self.latencies = latencies
        self.failures = failures
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.received = b""
        self.expected = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._send_next()

    def data_received(self, data: bytes) -> None:
        self.received += data
        if not self.expected:
            head, end, _ = self.received.partition(b"\r\n\r\n")
            if not end:
                return
            self.is_as_wanted = head.startswith(self.status)
            length = head.lower().partition(b"\r\ncontent-length: ")[2].partition(b"\r\n")[0]
            self.expected = len(head) + len(end) + int(length)
        if len(self.received) >= self.expected:
            if self.is_as_wanted:
                self.latencies.append(time.perf_counter() - self.sent)
            else:
                self.failures.append(self.received.decode(errors="replace")[:500])
            self.received, self.expected = b"", 0
            if self.pause:
                asyncio.get_running_loop().call_later(self.pause, self._send_next)
            else:
                self._send_next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.failures.append(str(exc or "the server closed the connection"))
            self.done.set_result(None)

    def _send_next(self) -> None:
        request = next(self.waiting, None)
        if request is None:
            self.done.set_result(None)
            self.transport.close()
            return
        self.sent = time.perf_counter()
        self.transport.write(request)


async def _send_all(
    port: int, connections: int, requests: list[bytes], status: int, pause: float
) -> tuple[float, list[float], list[str]]:
    """The seconds that it took, the latency of each request that got the status, and what the others got."""
    waiting, latencies, failures = iter(requests), list[float](), list[str]()
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    made = [
        await loop.create_connection(
            lambda: _Connection(waiting, status, pause, latencies, failures), "127.0.0.1", port
        )
        for _ in range(connections)
    ]
    await asyncio.gather(*(protocol.done for _, protocol in made))
    return time.perf_counter() - started, latencies, failures


if __name__ == "__main__":
    json.dump(uvloop.run(_send_all(*pickle.load(sys.stdin.buffer))), sys.stdout)  # noqa: S301 - from our own parent
