"""Others at work in one round: a process of its own, `python -m tests.trials.heavy.colleagues`.

One raises urgent concerns, which the lead answers at once; one submits audits; a program records complete ones. It
reads who they are and what there is to do as JSON from standard input, works until that ends, and writes every request.
"""

import asyncio
import itertools
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.trials.crowds.connection import Connection, Got

PAUSE_SECONDS = 0.1
# Concerns come several in a row. Then none is open for a while, since no round is closed while one is.
CONCERNS_IN_A_ROW = 5
PAUSE_AFTER_CONCERNS_SECONDS = 3.0
LONGEST_WAIT_SECONDS = 60.0
JSON = "application/json"
RAISE, ACKNOWLEDGE, ANSWER = "raise a concern", "acknowledge a concern", "close a concern"
SUBMIT, RECORD = "submit an audit", "record an audit"
KINDS = (RAISE, ACKNOWLEDGE, ANSWER, SUBMIT, RECORD)
SEEN = "The visit record shows a bruise that nobody asked about."
DONE = "The duty team was called and has seen the child today."


@dataclass(frozen=True, slots=True)
class Colleagues:
    """Who they are, and what there is to do: each draft is submitted once, the bodies are recorded by turns."""

    port: int
    auditor_token: str
    lead_token: str
    integration_token: str
    lead_id: str
    concerning: str
    drafts: list[str]
    bodies: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: what it was, when it began, and what came of it; `of` is what it made or changed."""

    kind: str
    began: float
    seconds: float
    status: int
    of: str = ""
    said: str = ""

    @property
    def ended(self) -> float:
        return self.began + self.seconds


@dataclass(slots=True)
class Work:
    """All that they asked, in the order in which it ended."""

    asked: list[Asked] = field(default_factory=list)

    def of(self, kind: str, *, since: float = 0.0, until: float = float("inf")) -> list[Asked]:
        """What was under way at some moment of this time."""
        return [each for each in self.asked if each.kind == kind and each.began <= until and each.ended >= since]

    def acknowledged(self, kind: str) -> set[str]:
        """What was said to be done."""
        return {each.of for each in self.asked if each.kind == kind and each.status in {200, 201}}


@contextmanager
def colleagues_at_work(colleagues: Colleagues) -> Iterator[Work]:
    """Let them work for as long as the block lasts; what they asked is there afterwards."""
    work = Work()
    command = [sys.executable, "-m", "tests.trials.heavy.colleagues"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(asdict(colleagues)).encode() + b"\n")
            process.stdin.flush()
            process.stdout.readline()  # each had a first answer
            yield work
            out, _ = process.communicate(timeout=LONGEST_WAIT_SECONDS + 10)
        finally:
            process.kill()
    work.asked += [Asked(**each) for each in json.loads(out)]


class _AtWork:
    def __init__(self, who: Colleagues) -> None:
        self.who, self.asked, self.over = who, list[Asked](), asyncio.Event()
        self.connections = {
            token: Connection(who.port, 7_100 + place, longest_wait=LONGEST_WAIT_SECONDS)
            for place, token in enumerate((who.auditor_token, who.lead_token, who.integration_token))
        }
        # Who raises a concern and submits does not wait for one to do the other.
        self.submitting = Connection(who.port, 7_110, longest_wait=LONGEST_WAIT_SECONDS)
        self.drafts, self.bodies = iter(who.drafts), itertools.cycle(who.bodies)

    async def ask(
        self,
        kind: str,
        token: str,
        path: str,
        body: Any,
        *,
        of: str = "",
        via: Connection | None = None,
        **headers: str,
    ) -> Got:
        headers |= {"Content_Type": JSON, "Authorization": f"Bearer {token}"}
        began = time.monotonic()
        content = b"" if body is None else json.dumps(body).encode()
        got = await (via or self.connections[token]).ask("POST", path, content, **headers)
        if got.status == 201:
            made = json.loads(got.body)
            of = made["id"] if kind == RAISE else made["audit_id"]
        said = "" if got.status in {200, 201} else got.body[:300].decode(errors="replace")
        self.asked.append(Asked(kind, began, got.seconds, got.status, of, said))
        return got

    async def concerns(self) -> None:
        for _ in range(CONCERNS_IN_A_ROW):
            await self.concern()
        await asyncio.sleep(PAUSE_AFTER_CONCERNS_SECONDS)

    async def concern(self) -> None:
        """Raise one; acknowledge and close it, each as often as it takes."""
        who = self.who
        key = uuid.uuid4().hex
        new = {"person_id": who.lead_id, "words": SEEN}
        raised = await self.ask(
            RAISE, who.auditor_token, f"/api/v1/audits/{who.concerning}/concerns", new, Idempotency_Key=key
        )
        if raised.status == 201:
            concern = json.loads(raised.body)["id"]
            path = f"/api/v1/concerns/{concern}"
            version = await self._until_done(ACKNOWLEDGE, f"{path}/acknowledge", {}, concern)
            await self._until_done(ANSWER, f"{path}/close", {"outcome": "acted-on", "done": DONE}, concern, version)

    async def _until_done(self, kind: str, path: str, body: Any, concern: str, version: str = "") -> str:
        while True:
            got = await self.ask(kind, self.who.lead_token, path, body, of=concern, If_Match=version)
            if got.status != 503:
                return got.headers.get("etag", "")
            await asyncio.sleep(PAUSE_SECONDS)

    async def submit(self) -> None:
        audit = next(self.drafts, None)
        if audit is not None:
            path = f"/api/v1/audits/{audit}/submit"
            await self.ask(SUBMIT, self.who.auditor_token, path, None, of=audit, via=self.submitting, If_Match='"1"')
        await asyncio.sleep(PAUSE_SECONDS)

    async def record(self) -> None:
        body, key = next(self.bodies), uuid.uuid4().hex
        await self.ask(RECORD, self.who.integration_token, "/api/v1/complete-audits", body, Idempotency_Key=key)
        await asyncio.sleep(PAUSE_SECONDS)

    async def repeat(self, act: Callable[[], Coroutine[None, None, None]]) -> None:
        while not self.over.is_set():
            await act()

    async def work(self) -> Sequence[Asked]:
        acts = (self.concerns, self.submit, self.record)
        await asyncio.gather(self.concern(), self.submit(), self.record())
        print(flush=True)
        working = [asyncio.create_task(self.repeat(act)) for act in acts]
        await asyncio.to_thread(sys.stdin.readline)
        self.over.set()
        await asyncio.gather(*working)
        return self.asked


def main() -> None:
    """Work until standard input ends."""
    colleagues = Colleagues(**json.loads(sys.stdin.readline()))
    json.dump([asdict(each) for each in asyncio.run(_AtWork(colleagues).work())], sys.stdout)


if __name__ == "__main__":
    main()
