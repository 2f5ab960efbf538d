"""Whether the service is live, asked all the time from a process of its own.

`python -m tests.trials.crowds.watch PORT SECONDS` asks every so many on one connection until its standard input ends,
and writes what it saw as JSON.
"""

import json
import math
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

EVERY_SECONDS = 0.05
LONGEST_WAIT_SECONDS = 20.0
PATH = "/api/v1/health/live"
REQUEST = f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


@dataclass(slots=True)
class Watched:
    """When each answer was asked for and how long it took; and how late this machine woke the watcher itself."""

    answers: list[tuple[float, float, bool]] = field(default_factory=list)
    late: list[float] = field(default_factory=list)

    def between(self, began: float, ended: float) -> "Watched":
        """What was asked in this time."""
        return Watched([each for each in self.answers if began <= each[0] <= ended], self.late)

    @property
    def longest_ms(self) -> float:
        return max(self._took) * 1000

    @property
    def p99_ms(self) -> float:
        took = sorted(self._took)
        return took[math.ceil(0.99 * len(took)) - 1] * 1000

    @property
    def failed(self) -> int:
        return sum(not fine for _, _, fine in self.answers)

    @property
    def _took(self) -> Sequence[float]:
        return [took for _, took, _ in self.answers]

    def __str__(self) -> str:
        late = max(self.late, default=0) * 1000
        return (
            f"live asked {len(self.answers)} times: p99 {self.p99_ms:.0f} ms, longest {self.longest_ms:.0f} ms, "
            f"not answered {self.failed}; this machine woke the watcher up to {late:.0f} ms late"
        )


@contextmanager
def watching(port: int, *, every_seconds: float = EVERY_SECONDS) -> Iterator[Watched]:
    """Ask for as long as the block lasts; what was seen is there afterwards."""
    watched = Watched()
    command = [sys.executable, "-m", "tests.trials.crowds.watch", str(port), str(every_seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            process.stdout.readline()  # it is up, and has had its first answer
            yield watched
            out, _ = process.communicate(timeout=2 * LONGEST_WAIT_SECONDS)
        finally:
            process.kill()
    seen = json.loads(out)
    watched.answers += [(at, took, fine) for at, took, fine in seen["answers"]]
    watched.late += seen["late"]


def _ask(connection: socket.socket) -> bool:
    connection.sendall(REQUEST)
    received = b""
    while b'"up"' not in received:
        part = connection.recv(4096)
        if not part:
            return False
        received += part
    return received.startswith(b"HTTP/1.1 200")


def _connected(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=LONGEST_WAIT_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def main() -> None:
    """Watch until standard input ends."""
    port, every_seconds = int(sys.argv[1]), float(sys.argv[2])
    connection = _connected(port)
    _ask(connection)
    print(flush=True)
    answers, late = [], []
    while True:
        began = time.monotonic()
        try:
            fine = _ask(connection)
        except OSError:
            fine = False
        took = time.monotonic() - began
        answers.append((began, took, fine))
        if not fine:
            connection.close()
            try:
                connection = _connected(port)
            except OSError:
                time.sleep(every_seconds)
        pause = max(0.0, every_seconds - took)
        waited = time.monotonic()
        if select.select([sys.stdin], [], [], pause)[0]:
            break
        late.append(time.monotonic() - waited - pause)
    json.dump({"answers": answers, "late": late}, sys.stdout)


if __name__ == "__main__":
    main()
