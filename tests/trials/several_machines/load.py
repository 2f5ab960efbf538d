"""Programs that record audits through the proxy without ever giving up, and people who read the report of the round."""

import http.client
import itertools
import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.live import Answer, Client, Ground, a_complete_audit

WRITERS = 4
PAUSE_SECONDS = 0.1
READ_EVERY_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 90.0
# Of HAProxy: it reached no web host, or the one it reached was lost.
OF_THE_PROXY = {502, 503, 504}


@dataclass(slots=True)
class Load:
    """What was acknowledged and when, what was refused, and whether a report was ever older than what was acknowledged.

    Each program sends its request again, with its key, until it is recorded.
    """

    address: str
    ground: Ground
    acknowledged: dict[str, str] = field(default_factory=dict)
    moments: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    longest_seconds: float = 0.0
    reports: int = 0
    older: int = 0
    failures: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)
    clients: list[Client] = field(default_factory=list)

    def start(self) -> None:
        """Begin, on the machine on which this is called."""
        self.threads = [threading.Thread(target=self._write, args=(number,)) for number in range(WRITERS)]
        self.threads.append(threading.Thread(target=self._read))
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        """Let each have its last answer."""
        self.over.set()
        for thread in self.threads:
            thread.join(LONGEST_WAIT_SECONDS)
            assert not thread.is_alive(), "a program is not answered any more"
        for client in self.clients:
            client.connection.close()

    def wait_for(self, more: int) -> None:
        """Until so many more audits than now are acknowledged."""
        wanted, ends = len(self.acknowledged) + more, time.monotonic() + LONGEST_WAIT_SECONDS
        while len(self.acknowledged) < wanted:
            assert self.failures == []
            assert time.monotonic() < ends, f"nothing is acknowledged any more: {self.refused}"
            time.sleep(0.05)

    def longest_gap(self, after: float) -> float:
        """The longest time after a moment in which nothing at all was acknowledged, in seconds."""
        moments = sorted(each for each in list(self.moments) if each >= after)
        return max((later - earlier for earlier, later in itertools.pairwise([after, *moments])), default=0.0)

    def _write(self, number: int) -> None:
        chance, client = random.Random(number), self._connected(self.ground.integration_token)
        for place in itertools.count():
            key, body = f"writer-{number}-{place}", json.dumps(a_complete_audit(self.ground, chance)).encode()
            while key not in self.acknowledged and not self.failures:
                answer = self._ask(client, "POST", "/api/v1/complete-audits", body, Idempotency_Key=key)
                if answer is None:
                    time.sleep(0.2)
                    client = self._connected(self.ground.integration_token)
                elif answer.status == 201:
                    self.acknowledged[key] = answer.json()["audit_id"]
                    self.moments.append(time.monotonic())
                else:
                    time.sleep(0.2)
            if self.over.is_set() or self.failures:
                return
            time.sleep(PAUSE_SECONDS * chance.random())

    def _read(self) -> None:
        client = self._connected(self.ground.lead_token)
        while not self.over.wait(READ_EVERY_SECONDS) and not self.failures:
            known = len(self.acknowledged)
            answer = self._ask(client, "GET", f"/api/v1/reports/gaps?round={self.ground.round_id}")
            if answer is None:
                client = self._connected(self.ground.lead_token)
            elif answer.status == 200:
                said = answer.json()
                self.reports += 1
                self.older += said["counted"] + sum(said["left_out"].values()) < known

    def _ask(self, client: Client, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer | None:
        """The answer; None where there was none. What no fault of a machine explains is a failure."""
        began = time.monotonic()
        try:
            answer = client.send(method, path, body, **headers)
        except (OSError, http.client.HTTPException) as error:
            self.refused[type(error).__name__] += 1
            return None
        finally:
            self.longest_seconds = max(self.longest_seconds, time.monotonic() - began)
        if answer.status in {200, 201}:
            return answer
        is_ours = answer.headers.get("content-type", "") == "application/problem+json"
        self.refused[f"{answer.status} of the {'service' if is_ours else 'proxy'}"] += 1
        if (is_ours and answer.status != 503) or (not is_ours and answer.status not in OF_THE_PROXY):
            self.failures.append(f"{method} {answer.status} {answer.body.decode(errors='replace')[:300]}")
        return answer

    def _connected(self, token: str) -> Client:
        made = Client(80, token, self.address)
        self.clients.append(made)
        return made
