"""Requests that are too large, too slow or too many are ended, over real sockets, and nobody else waits for them."""

import asyncio
import gc
import resource
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import psutil
import pytest
import uvicorn
from starlette.types import Message, Receive, Scope, Send

from api.foundation.http.connections import LimitedProtocol, Limits

QUICK = Limits(
    head_seconds=1,
    idle_seconds=1.5,
    body_grace_seconds=1,
    body_seconds=2,
    draining_seconds=0.5,
    unread_seconds=1,
    connections=40,
    sweep_seconds=0.1,
)
MEGABYTE = 1024 * 1024
LARGE = b"x" * 16 * MEGABYTE
ASK = b"GET /echo HTTP/1.1\r\nHost: here\r\n"


class Patient(LimitedProtocol):
    """The limits of the service, but for how many there may be at once."""

    limits = replace(Limits(), connections=300)


class Impatient(LimitedProtocol):
    limits = QUICK


@dataclass
class Echo:
    """Answers how much of a body came. /large is much, /early does not wait for the body, /late waits until it may."""

    requests: list[Scope] = field(default_factory=list)
    left: int = 0
    longest_step: float = 0
    may_answer: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        self.requests.append(scope)
        size, more = 0, scope["path"] != "/early"
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left += 1
                return
            size, more = size + len(message["body"]), message["more_body"]
        while scope["path"] == "/late" and not self.may_answer:  # noqa: ASYNC110 - set from another thread
            await asyncio.sleep(0.01)
        body = LARGE if scope["path"] == "/large" else str(size).encode()
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _live(self, receive: Receive, send: Send) -> None:
        message: Message = await receive()
        async with self._watching():
            while message["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
                message = await receive()
        await send({"type": "lifespan.shutdown.complete"})

    @asynccontextmanager
    async def _watching(self) -> AsyncIterator[None]:
        """Note the longest time for which the event loop worked without a pause: of the processor, since a busy machine
        is no fault of the code."""

        async def watch() -> None:
            while True:
                before = time.thread_time()
                await asyncio.sleep(0.01)
                self.longest_step = max(self.longest_step, time.thread_time() - before)

        watching = asyncio.create_task(watch())
        yield
        watching.cancel()


@dataclass
class Place:
    echo: Echo
    port: int

    def connect(self) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def ask(self, sent: bytes) -> bytes:
        """What comes back until the server ends the connection."""
        with self.connect() as client:
            send_all(client, sent)
            return read_all(client)


def send_all(client: socket.socket, sent: bytes) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):  # it may be refused before it is whole
        client.sendall(sent)


def read_all(client: socket.socket) -> bytes:
    parts = []
    try:
        while part := client.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def read_one(client: socket.socket) -> bytes:
    """One short answer."""
    answer = b""
    while b"\r\n\r\n" not in answer or answer.endswith(b"\r\n\r\n"):
        part = client.recv(65536)
        if not part:
            break
        answer += part
    return answer


def status_of(answer: bytes) -> int | None:
    return int(answer.split(b" ")[1]) if answer else None


@contextmanager
def served(protocol: type[LimitedProtocol]) -> Iterator[Place]:
    echo = Echo()
    config = uvicorn.Config(echo, port=0, http=protocol, ws="none", log_config=None, timeout_keep_alive=15)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield Place(echo, server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = server.force_exit = True
    thread.join()


@pytest.fixture(scope="module")
def patient() -> Iterator[Place]:
    with served(Patient) as place:
        yield place


@pytest.fixture
def impatient() -> Iterator[Place]:
    with served(Impatient) as place:
        yield place


def test_an_ordinary_request_is_answered_and_its_connection_kept(patient: Place) -> None:
    with patient.connect() as client:
        for size in (0, 1, 5_000, 300_000):
            client.sendall(ASK + f"Content-Length: {size}\r\n\r\n".encode() + b"x" * size)
            assert read_one(client).endswith(b"\r\n\r\n" + str(size).encode())


def test_requests_that_are_sent_one_behind_another_are_answered_in_order(patient: Place) -> None:
    with patient.connect() as client:
        for size in (3, 5000, 7):
            client.sendall(ASK + f"Content-Length: {size}\r\n\r\n".encode() + b"x" * size)
        answers = b""
        while answers.count(b"HTTP/1.1 200") < 3 or not answers.endswith(b"\r\n\r\n7"):
            answers += client.recv(65536)
    assert [part.rpartition(b"\r\n\r\n")[2] for part in answers.split(b"HTTP/1.1 200")[1:]] == [b"3", b"5000", b"7"]


def test_a_body_in_pieces_is_taken_whatever_they_are(patient: Place) -> None:
    for piece, count in ((1, 3000), (7, 9000), (90_000, 4)):
        body = (f"{piece:x}\r\n".encode() + b"x" * piece + b"\r\n") * count + b"0\r\n\r\n"
        with patient.connect() as client:
            client.sendall(ASK + b"Transfer-Encoding: chunked\r\n\r\n" + body)
            assert read_one(client).endswith(b"\r\n\r\n" + str(piece * count).encode())


def test_headers_up_to_the_limit_are_taken_and_beyond_it_refused(patient: Place) -> None:
    for size, status in ((31_000, 200), (33_000, 431), (40_000, 431), (300_000, 431)):
        answer = patient.ask(ASK + b"Connection: close\r\nX: " + b"x" * size + b"\r\n\r\n")
        assert (size, status_of(answer)) == (size, status)
        assert (b'"type": "/problems/headers-too-large"' in answer) is (status == 431)


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"GET /" + b"x" * 40_000 + b" HTTP/1.1\r\nHost: here\r\n\r\n", id="address"),
        pytest.param(ASK + b"X: y\r\n" * 101 + b"\r\n", id="many"),
        pytest.param(ASK + b"x" * 40_000 + b": y\r\n\r\n", id="name"),
        pytest.param(ASK + (b"X: " + b"y" * 900 + b"\r\n") * 40 + b"\r\n", id="many long ones"),
    ],
)
def test_a_head_is_refused_for_each_of_its_parts(patient: Place, head: bytes) -> None:
    before = len(patient.echo.requests)
    assert status_of(patient.ask(head)) == 431
    assert len(patient.echo.requests) == before, "the service is not asked"


@pytest.mark.parametrize(
    "endless",
    [
        pytest.param(ASK + b"X: ", id="one header"),
        pytest.param(b"GET /", id="address"),
        pytest.param(b"\r\n" * 10, id="empty lines"),
        pytest.param(ASK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX: ", id="behind the body"),
        pytest.param(ASK + b"Transfer-Encoding: chunked\r\n\r\n1;", id="beside a piece of the body"),
    ],
)
def test_twenty_megabytes_of_anything_but_a_body_leave_memory_flat_and_the_event_loop_free(
    patient: Place, endless: bytes
) -> None:
    filling = b"\r\n" if endless.startswith(b"\r") else b"x"
    sent = endless + filling * (20 * MEGABYTE // len(filling))
    own = psutil.Process()
    gc.collect()
    before, patient.echo.longest_step = own.memory_info().rss, 0
    peak = 0
    with patient.connect() as client:
        sending = threading.Thread(target=send_all, args=(client, sent))
        sending.start()
        while sending.is_alive():
            peak = max(peak, own.memory_info().rss)
            time.sleep(0.002)
        answer = read_all(client)
        sending.join()
    assert status_of(answer) in {431, None}
    assert peak - before < 5 * MEGABYTE
    assert patient.echo.longest_step < 0.2


def test_many_small_headers_behind_a_body_are_refused_too(patient: Place) -> None:
    head = ASK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
    answer = patient.ask(head + b"X: y\r\n" * 50_000 + b"\r\n")
    assert status_of(answer) in {431, None}


def test_headers_behind_a_body_are_no_headers_of_the_request(patient: Place) -> None:
    with patient.connect() as client:
        client.sendall(ASK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nAuthorization: Bearer me\r\n\r\n")
        assert status_of(read_one(client)) == 200
    names = {name for name, _ in patient.echo.requests[-1]["headers"]}
    assert names == {b"host", b"transfer-encoding"}


def test_a_body_with_two_lengths_is_refused(patient: Place) -> None:
    before = len(patient.echo.requests)
    for lengths in (b"Content-Length: 5\r\nTransfer-Encoding: chunked", b"Content-Length: 5\r\nContent-Length: 6"):
        assert status_of(patient.ask(ASK + lengths + b"\r\n\r\n0\r\n\r\n")) == 400
    assert len(patient.echo.requests) == before


def test_hundreds_of_requests_sent_at_once_on_one_connection_end_it(patient: Place) -> None:
    before = len(patient.echo.requests)
    patient.ask((ASK + b"\r\n") * 5000)
    assert len(patient.echo.requests) - before <= 2 * QUICK.pipelined


def test_a_connection_that_says_nothing_or_no_more_is_closed(impatient: Place) -> None:
    started = time.monotonic()
    assert impatient.ask(b"") == b""
    assert QUICK.head_seconds <= time.monotonic() - started < 5
    with impatient.connect() as client:
        client.sendall(ASK + b"\r\n")
        assert status_of(read_one(client)) == 200
        answered = time.monotonic()
        assert read_all(client) == b""
        assert QUICK.idle_seconds <= time.monotonic() - answered + 0.2 < 6


@pytest.mark.parametrize("first", [b"", ASK + b"\r\n"], ids=["on a new connection", "on one that was used"])
def test_a_head_that_comes_drop_by_drop_is_ended(impatient: Place, first: bytes) -> None:
    with impatient.connect() as client:
        if first:
            client.sendall(first)
            assert status_of(read_one(client)) == 200
        started = time.monotonic()
        answer = drip(client, ASK + b"X: " + b"x" * 1000)
        assert status_of(answer) == 408
        assert time.monotonic() - started < 5


def drip(client: socket.socket, sent: bytes, seconds: float = 0.05) -> bytes:
    """Send byte by byte until something comes back; all that does."""
    client.settimeout(seconds)
    for place in range(len(sent)):
        send_all(client, sent[place : place + 1])
        try:
            answer = client.recv(65536)
        except TimeoutError:
            continue
        except ConnectionResetError:
            return b""
        client.settimeout(20)
        return answer + (read_all(client) if answer else b"")
    raise AssertionError("nothing came back")


@pytest.mark.parametrize(
    "head", [b"Content-Length: 900\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\nfff\r\n"], ids=["length", "pieces"]
)
def test_a_body_that_comes_drop_by_drop_is_ended_and_the_service_told(impatient: Place, head: bytes) -> None:
    with impatient.connect() as client:
        client.sendall(ASK + head)
        answer = drip(client, b"x" * 899)
    assert status_of(answer) == 408
    assert b"/problems/too-slow" in answer
    wait_until(lambda: impatient.echo.left == 1)


def test_a_body_that_makes_progress_may_take_longer(impatient: Place) -> None:
    """As long as its size allows; and a sender is not blamed for the time in which the service lets it wait."""
    with impatient.connect() as client:
        client.sendall(ASK + b"Content-Length: 200000\r\n\r\n")
        for _ in range(20):
            client.sendall(b"x" * 10_000)
            time.sleep(0.15)
        assert read_one(client).endswith(b"200000")


def test_a_body_that_is_quick_enough_a_second_is_still_ended_when_it_never_is_whole(impatient: Place) -> None:
    started = time.monotonic()
    with impatient.connect() as client:
        client.sendall(ASK + b"Transfer-Encoding: chunked\r\n\r\n")
        answer = drip(client, (b"40\r\n" + b"x" * 64 + b"\r\n") * 100_000, seconds=0.0002)
    assert status_of(answer) == 408
    assert time.monotonic() - started < 30


def test_what_is_left_of_a_body_that_was_answered_early_is_not_read_for_ever(impatient: Place) -> None:
    with impatient.connect() as client:
        client.sendall(b"POST /early HTTP/1.1\r\nHost: here\r\nContent-Length: 900\r\n\r\n")
        assert status_of(read_one(client)) == 200
        assert drip(client, b"x" * 800) == b""


def test_an_answer_that_nobody_reads_is_given_up(impatient: Place) -> None:
    with impatient.connect() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        client.sendall(b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n")
        time.sleep(4 * QUICK.unread_seconds)
        assert len(read_all(client)) < len(LARGE)


def test_an_answer_that_is_read_slowly_comes_whole_however_long_that_takes(impatient: Place) -> None:
    with impatient.connect() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        client.sendall(b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n")
        started, size = time.monotonic(), 0
        while size < len(LARGE):
            part = client.recv(MEGABYTE)
            assert part, f"ended after {size} bytes"
            size += len(part)
            if time.monotonic() - started < 3 * QUICK.idle_seconds:
                time.sleep(0.05)


@pytest.mark.parametrize(
    "half",
    [b"", b"GET /ec", ASK, ASK + b"Content-Length: 900\r\n\r\n"],
    ids=["silent", "half a line", "half a head", "no body"],
)
def test_two_thousand_half_sent_requests_stop_nobody(patient: Place, half: bytes) -> None:
    room_for_files(5000)
    held: list[socket.socket] = []
    slowest, answered = 0.0, 0
    try:
        for number in range(2000):
            client = patient.connect()
            send_all(client, half)
            held.append(client)
            if number % 100 == 99:
                started = time.monotonic()
                with patient.connect() as ordinary:
                    ordinary.sendall(ASK + b"\r\n")
                    answered += status_of(read_one(ordinary)) == 200
                slowest = max(slowest, time.monotonic() - started)
        assert answered == 20
        assert slowest < 3
    finally:
        for client in held:
            client.close()


def test_when_all_are_at_work_a_newcomer_is_told_so(impatient: Place) -> None:
    """Those that are being answered never give way."""
    busy = [impatient.connect() for _ in range(QUICK.connections)]
    for client in busy:
        client.sendall(b"GET /late HTTP/1.1\r\nHost: here\r\n\r\n")
    wait_until(lambda: len(impatient.echo.requests) == QUICK.connections)
    refused = impatient.ask(b"")
    impatient.echo.may_answer = True
    answers = [status_of(read_one(client)) for client in busy]
    for client in busy:
        client.close()
    assert status_of(refused) == 503
    assert b"retry-after: 30" in refused.lower()
    assert answers == [200] * QUICK.connections


def room_for_files(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        if hard < wanted:
            pytest.skip("this machine lets a process open too few sockets")
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def wait_until(reached: Any) -> None:
    deadline = time.monotonic() + 20
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.01)
