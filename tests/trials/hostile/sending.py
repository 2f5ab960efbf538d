"""Sending such bodies over real sockets, each from an address of its own, until they are answered or cut off."""

import select
import socket
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.trials.hostile.bodies import Body

# An endless body ends here, where the service has not ended it before.
LONGEST_SECONDS = 20.0
# Longer than the service waits for the rest of a body of any of these.
LONGEST_ANSWER_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a body: status 0 when the connection was closed without an answer."""

    name: str
    status: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.name}: {self.status or 'closed'} in {self.seconds:.1f} s"


def send_all(port: int, bodies: Sequence[Body], headers: dict[str, str], *, at_once: int) -> list[Sent]:
    """Send these, so many at once."""
    with ThreadPoolExecutor(at_once) as pool:
        sent = [pool.submit(_send, port, number, body, headers) for number, body in enumerate(bodies)]
        return [each.result() for each in sent]


def _send(port: int, number: int, body: Body, headers: dict[str, str]) -> Sent:
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), LONGEST_ANSWER_SECONDS, (f"127.0.3.{1 + number}", 0)) as sock:
        try:
            sock.sendall(_head(body, headers))
            _send_parts(sock, body, began)
            status = _status(sock)
        except OSError:
            status = _status(sock)
    return Sent(body.name, status, time.monotonic() - began)


def _send_parts(sock: socket.socket, body: Body, began: float) -> None:
    for part in body.parts():
        if select.select([sock], [], [], 0)[0] or time.monotonic() - began > LONGEST_SECONDS:
            return
        if part:
            sock.sendall(part if body.length is not None else b"%x\r\n%s\r\n" % (len(part), part))
    if body.length is None:
        sock.sendall(b"0\r\n\r\n")


def _status(sock: socket.socket) -> int:
    try:
        received = sock.recv(64)
    except OSError:
        return 0
    return int(received.split(b" ", 2)[1]) if received.startswith(b"HTTP/1.1 ") else 0


def _head(body: Body, headers: dict[str, str]) -> bytes:
    said = {"Host": "127.0.0.1", "Content-Type": body.kind, "Idempotency-Key": body.name.replace(" ", "-")}
    length = {"Transfer-Encoding": "chunked"} if body.length is None else {"Content-Length": str(body.length)}
    lines = [f"{name}: {value}" for name, value in (said | length | body.headers | headers).items()]
    return "\r\n".join([f"POST {body.path} HTTP/1.1", *lines, "", ""]).encode()
