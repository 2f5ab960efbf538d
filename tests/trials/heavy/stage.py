"""What the heavy things need: a server with large rounds, a list of 40,000 cases, people who may ask."""

import json
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any

from benchmarks.store import fill
from tests.live import Answer, Client, Server, an_open_round
from tests.trials.conftest import Place
from tests.trials.crowds.population import Population
from tests.trials.heavy.jobs import followed
from tests.trials.test_list_trials import a_list

LONGEST_WAIT_SECONDS = 300.0
CASES_LISTED = 40_000
AUDITS_OF_LARGE_ROUND = 20_000
AUDITS_OF_PDF = 2_000


@dataclass(slots=True)
class Stage:
    """One server for all rows."""

    place: Place
    server: Server
    population: Population
    large_round: uuid.UUID
    pdf_round: uuid.UUID
    cases_listed: int = CASES_LISTED
    asked: int = 0
    list_id: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def client(self, token: str = "") -> Client:
        """A new client with an address of its own and a long patience."""
        with self.lock:
            self.asked += 1
            address = f"127.1.{self.asked // 250}.{1 + self.asked % 250}"
        made = Client(self.server.port, token)
        made.connection = HTTPConnection(
            "127.0.0.1", self.server.port, timeout=LONGEST_WAIT_SECONDS, source_address=(address, 0)
        )
        self.server.clients.append(made)  # closed with the others when the server ends
        return made

    def lead(self) -> Client:
        return self.client(self.place.ground.lead_token)

    def send(self, client: Client, method: str, path: str, body: Any = None) -> tuple[Answer, str]:
        """Send with a key of its own, and follow what comes of it."""
        answer = client.send(method, path, body, Idempotency_Key=uuid.uuid4().hex)
        return answer, followed(client.send, answer)

    def case_list(self) -> str:
        """The identifier of a list of so many cases that has been taken in; takes one in where none has been."""
        client = self.lead()
        if not self.list_id:
            found = client.send("GET", "/api/v1/case-lists").json()["items"]
            if not found:
                self.send(client, "POST", "/api/v1/case-lists", a_list(99, self.cases_listed))
                found = client.send("GET", "/api/v1/case-lists").json()["items"]
            self.list_id = next(each["id"] for each in found if each["cases"] == self.cases_listed)
        return self.list_id

    def a_round(self) -> uuid.UUID:
        ground = self.place.ground
        return an_open_round(self.place.database, ground.template_id, ground.lead)

    def a_plan(self, size: int) -> bytes:
        return json.dumps({"case_list_id": self.case_list(), "size": size, "strata": ["team", "status"]}).encode()


def with_large_rounds(place: Place) -> tuple[uuid.UUID, uuid.UUID]:
    """A round of 20,000 audits and one of 2,000; to be called while no server runs."""
    ground = place.ground
    large, small = (an_open_round(place.database, ground.template_id, ground.lead) for _ in range(2))
    fill(place.database, ground, [large], audits_each=AUDITS_OF_LARGE_ROUND)
    fill(place.database, ground, [small], audits_each=AUDITS_OF_PDF)
    return large, small


def all_at_once(acts: Sequence[Callable[[], str]]) -> str:
    """Do all of these at one moment; how many came to what."""
    outcomes: list[str] = []
    start = threading.Barrier(len(acts))

    def act(do: Callable[[], str]) -> None:
        start.wait()
        try:
            outcomes.append(do())
        except (OSError, HTTPException) as error:
            outcomes.append(f"none ({type(error).__name__})")

    threads = [threading.Thread(target=act, args=(do,)) for do in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ", ".join(f"{outcome}: {count}" for outcome, count in sorted(Counter(outcomes).items()))
