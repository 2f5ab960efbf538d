"""What people and strangers do: a process of its own, `python -m tests.trials.crowds.people`.

It reads a Crowd as JSON from standard input, and writes everything that was asked as JSON to standard output.
"""

import asyncio
import hashlib
import itertools
import json
import random
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlencode

import uvloop

from checklists.privacy.references import reference_from
from tests.trials.crowds.connection import Connection, Got

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
PASSWORD = "harbour velvet otter trombone"
LONGEST_PAUSE_BEFORE_ANOTHER_TRY = 5.0
# The first is let through as many times as somebody who forgot a password tries.
SECONDS_BETWEEN_SIGN_INS = 60.0
STRANGERS_POST_TO = (
    "/api/v1/case-files",
    "/api/v1/complete-audits",
    "/api/v1/complete-audits/batch",
    "/api/v1/case-lists",
    "/api/v1/case-files/batch",
    "/api/v1/audits",
    "/api/v1/rounds",
    "/api/v1/snapshots",
    "/api/v1/people",
    "/api/v1/no-such-thing",
    "/case-lists/new",
    "/case-files/new",
    "/sign-in",
    "/sign-out",
    "/account",
    "/people/new",
)


@dataclass(slots=True)
class Someone:
    """One client. What it does is its kind: save, score, read, sign-in, stranger."""

    kind: str
    token: str = ""
    email: str = ""
    # Where it saves, or what it reads by turns.
    paths: list[str] = field(default_factory=list)
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Crowd:
    """Everybody. They make so many turns each, or go on for so many seconds with pauses between."""

    port: int
    name: str
    everybody: list[Someone]
    turns: int = 1
    seconds: float = 0.0
    pause: float = 0.0
    # Whether they ask again, in the same words, what was answered with 503.
    patient: bool = False
    longest_wait: float = 30.0
    # For a part of the crowd that comes a little later than the first.
    late_by: float = 0.0
    late_kinds: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: who asked, what became of it, and the mark of what it would save."""

    kind: str
    number: int
    status: int
    seconds: float
    at: float
    mark: str = ""
    said: str = ""


def _missing_in(got: Got, path: str) -> str:
    """What a 503 lacks: when to come again, and its reason in the form that who asked can read."""
    if got.status != 503:
        return ""
    media_type, html = got.headers.get("content-type", ""), not path.startswith("/api/")
    wanted = "text/html" if html else "application/problem+json"
    if not media_type.startswith(wanted) or not got.body:
        return f"503 is {media_type or 'of no type'}: {got.body[:200].decode(errors='replace')}"
    return "" if got.headers.get("retry-after", "").isdecimal() else "503 without Retry-After"


class _Person:
    def __init__(self, crowd: Crowd, number: int, told: list[Asked]) -> None:
        self.crowd, self.number, self.told = crowd, number, told
        self.who = crowd.everybody[number]
        self.connection = Connection(crowd.port, number, longest_wait=crowd.longest_wait)
        self.chance = random.Random(number)
        self.bearer = {"Authorization": f"Bearer {self.who.token}"} if self.who.token else {}
        self.version = '"0"'
        self.cookie = ""
        self.signed_in_at = -SECONDS_BETWEEN_SIGN_INS

    async def ask(self, method: str, path: str, body: bytes | None = None, *, mark: str = "", **headers: str) -> Got:
        """Ask, tell what became of it, and ask again where the crowd is patient."""
        while True:
            got = await self.connection.ask(method, path, body, **self.bearer, **headers)
            said = got.body[:200].decode(errors="replace") if got.status in {0, 500} or got.status > 503 else ""
            said = said or _missing_in(got, path)
            asked = Asked(self.who.kind, self.number, got.status, got.seconds, time.monotonic(), mark, said)
            self.told.append(asked)
            if got.status != 503 or not self.crowd.patient:
                return got
            wait = got.headers.get("retry-after", "1")
            await asyncio.sleep(min(float(wait) if wait.isdecimal() else 1.0, LONGEST_PAUSE_BEFORE_ANOTHER_TRY))

    async def save(self, turn: int) -> None:
        mark = reference_from(hashlib.sha256(f"{self.crowd.name} {self.number} {turn}".encode()).digest()[:10])
        body = json.dumps({**self.who.body, "reference": mark}).encode()
        await self.ask("POST", self.who.paths[0], body, mark=mark, Content_Type=JSON, Idempotency_Key=f"key-{mark}")

    async def score(self, turn: int) -> None:
        mark = f"Seen at visit {turn} by reader {self.number} of {self.crowd.name}."
        body = json.dumps({"answer": "good", "rationale": mark}).encode()
        path = self.who.paths[0]
        got = await self.ask("PUT", path, body, mark=mark, Content_Type=JSON, If_Match=self.version)
        if got.status == 412:
            got = await self.ask("GET", path)
        self.version = got.headers.get("etag", self.version)

    async def read(self, turn: int) -> None:
        await self.ask("GET", self.who.paths[turn % len(self.who.paths)])

    async def sign_in(self, turn: int) -> None:
        if time.monotonic() - self.signed_in_at >= SECONDS_BETWEEN_SIGN_INS:
            self.signed_in_at = time.monotonic()
            form = urlencode({"email": self.who.email, "password": PASSWORD}).encode()
            got = await self.ask("POST", "/sign-in", form, Content_Type=FORM)
            self.cookie = "; ".join(each.partition(";")[0] for each in got.headers.get("set-cookie", "").splitlines())
        elif self.cookie:
            await self.ask("GET", self.who.paths[turn % len(self.who.paths)], Cookie=self.cookie)

    async def be_strange(self, turn: int) -> None:
        path = STRANGERS_POST_TO[(self.number + turn) % len(STRANGERS_POST_TO)]
        await self.ask("POST", path, b"{}", Content_Type=JSON)

    @property
    def acts(self) -> Callable[[int], Coroutine[None, None, None]]:
        return {
            "save": self.save,
            "score": self.score,
            "read": self.read,
            "sign-in": self.sign_in,
            "stranger": self.be_strange,
        }[self.who.kind]

    async def live(self, start: asyncio.Event) -> None:
        """Everything that a person of the crowd does."""
        await start.wait()
        if self.who.kind in self.crowd.late_kinds:
            await asyncio.sleep(self.crowd.late_by)
        if self.crowd.pause:
            await asyncio.sleep(self.crowd.pause * self.chance.random())
        ends_at = time.monotonic() + self.crowd.seconds
        for turn in itertools.count():
            if turn >= self.crowd.turns and time.monotonic() >= ends_at:
                break
            await self.acts(turn)
            if self.told and self.told[-1].number == self.number and self.told[-1].status == 0:
                break  # whether it was done is unknown, and the server has been waited for long enough
            if self.crowd.pause:
                await asyncio.sleep(self.crowd.pause * (0.5 + self.chance.random()))
        self.connection.close()

    async def live_strangely(self, start: asyncio.Event, over: asyncio.Event) -> None:
        """Ask and ask for as long as people are there."""
        await start.wait()
        for turn in itertools.count():
            if over.is_set():
                break
            await self.acts(turn)
            if self.crowd.pause:
                await asyncio.sleep(self.crowd.pause)
        self.connection.close()


async def crowd_in(crowd: Crowd) -> list[Asked]:
    """Let everybody connect, and begin at one moment."""
    told: list[Asked] = []
    everybody = [_Person(crowd, number, told) for number in range(len(crowd.everybody))]
    await asyncio.gather(*(each.connection.open() for each in everybody))
    start, over = asyncio.Event(), asyncio.Event()
    people = [each.live(start) for each in everybody if each.who.kind != "stranger"]
    strangers = [
        asyncio.create_task(each.live_strangely(start, over)) for each in everybody if each.who.kind == "stranger"
    ]
    start.set()
    await asyncio.gather(*people)
    over.set()
    await asyncio.gather(*strangers)
    return told


def main() -> None:
    """Run what standard input describes."""
    described = json.load(sys.stdin)
    everybody = [Someone(**each) for each in described.pop("everybody")]
    told = uvloop.run(crowd_in(Crowd(everybody=everybody, **described)))
    json.dump([asdict(each) for each in told], sys.stdout)


if __name__ == "__main__":
    main()
