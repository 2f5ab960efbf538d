"""One who saves and one who reads, again and again: a process of its own, `python -m tests.trials.heavy.ordinary`.

It reads where and with which token as JSON from standard input, works until that ends, and writes every time taken.
"""

import asyncio
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.trials.crowds.connection import Connection, Got

PAUSE_SECONDS = 0.05
LONGEST_WAIT_SECONDS = 150.0
SAVER, READER = 7_001, 7_002


@dataclass(frozen=True, slots=True)
class Desk:
    """Where they work."""

    port: int
    token: str
    body: dict[str, Any]


@dataclass(slots=True)
class Work:
    """Each save and read: when it began, how long it took, its status."""

    saves: list[tuple[float, float, int]] = field(default_factory=list)
    reads: list[tuple[float, float, int]] = field(default_factory=list)

    def between(self, began: float, ended: float) -> "Work":
        """What was under way at some moment of this time."""
        return Work(*([each for each in of if each[0] <= ended and each[0] + each[1] >= began] for of in self._both))

    @property
    def slowest_save(self) -> float:
        return max((took for _, took, _ in self.saves), default=0.0)

    @property
    def slowest_read(self) -> float:
        return max((took for _, took, _ in self.reads), default=0.0)

    @property
    def refused(self) -> int:
        return sum(status not in {200, 201} for of in self._both for _, _, status in of)

    @property
    def _both(self) -> tuple[list[tuple[float, float, int]], list[tuple[float, float, int]]]:
        return self.saves, self.reads


@contextmanager
def ordinary_work(desk: Desk) -> Iterator[Work]:
    """Let both work for as long as the block lasts; what they felt is there afterwards."""
    work = Work()
    command = [sys.executable, "-m", "tests.trials.heavy.ordinary"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(asdict(desk)).encode() + b"\n")
            process.stdin.flush()
            process.stdout.readline()  # both had their first answer
            yield work
            out, _ = process.communicate(timeout=LONGEST_WAIT_SECONDS + 10)
        finally:
            process.kill()
    felt = json.loads(out)
    work.saves += [(at, took, status) for at, took, status in felt["saves"]]
    work.reads += [(at, took, status) for at, took, status in felt["reads"]]


async def _both(desk: Desk) -> Work:
    work, over = Work(), asyncio.Event()
    saver, reader = (Connection(desk.port, number, longest_wait=LONGEST_WAIT_SECONDS) for number in (SAVER, READER))
    bearer = f"Bearer {desk.token}"
    body = json.dumps(desk.body).encode()

    async def save() -> Got:
        key = uuid.uuid4().hex
        headers = {"Content-Type": "application/json", "Idempotency-Key": key, "Authorization": bearer}
        return await saver.ask("POST", "/api/v1/case-files", body, **headers)

    async def read() -> Got:
        return await reader.ask("GET", "/api/v1/case-files?limit=20", Authorization=bearer)

    async def repeat(act: Callable[[], Coroutine[None, None, Got]], felt: list[tuple[float, float, int]]) -> None:
        while not over.is_set():
            began = time.monotonic()
            got = await act()
            felt.append((began, got.seconds, got.status))
            await asyncio.sleep(PAUSE_SECONDS)

    await asyncio.gather(save(), read())
    print(flush=True)
    working = [asyncio.create_task(repeat(save, work.saves)), asyncio.create_task(repeat(read, work.reads))]
    await asyncio.to_thread(sys.stdin.readline)
    over.set()
    await asyncio.gather(*working)
    return work


def main() -> None:
    """Work until standard input ends."""
    desk = Desk(**json.loads(sys.stdin.readline()))
    json.dump(asdict(asyncio.run(_both(desk))), sys.stdout)


if __name__ == "__main__":
    main()
