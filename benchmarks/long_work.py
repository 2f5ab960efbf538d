"""Importing a case list, drawing a sample and allocating it: how long they take, and how that grows with their size."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

from benchmarks import raw
from benchmarks.scores import an_auditor
from benchmarks.table import Figures, Size
from models.storage.database import Database
from tests.live import Ground, Server, an_open_round
from tests.trials.heavy.jobs import followed
from tests.trials.test_list_trials import a_list

AUDITORS = 40
# The smaller of the two sizes is this part of the larger.
PART = 4


def measure(figures: Figures, server: Server, database: Database, ground: Ground, size: Size) -> None:
    """Each at a quarter of its size and at its whole size. Growth is the time of one case, whole to quarter."""
    client = server.client(ground.lead_token)

    def send(method: str, path: str, body: Any) -> tuple[float, Any]:
        started = time.perf_counter()
        answer = client.send(method, path, body, Idempotency_Key=uuid.uuid4().hex)
        outcome = followed(client.send, answer, every=0.02)
        assert outcome in {"200", "201", "202 done"}, (outcome, answer.body[:500])
        return time.perf_counter() - started, answer

    def bare(rows: int) -> str:
        return f"bare driver {raw.rows_in_seconds(database, rows) * 1000:.0f} ms for as many rows"

    def grown(row: str, whole: int, do: Callable[[int], float]) -> None:
        few, many = (do(number) for number in (whole // PART, whole))
        figures.note(f"{row} of {whole // PART:,}", f"{few * 1000:,.0f} ms")
        figures.note(f"{row} of {whole:,}", f"{many * 1000:,.0f} ms; {bare(whole)}")
        figures.judge(f"{row}, growth", many / few / PART)

    lists = iter(range(1000))
    grown(
        "import of cases",
        size.cases_listed,
        lambda number: send("POST", "/api/v1/case-lists", a_list(next(lists), number))[0],
    )
    # The whole list was imported last.
    case_list = client.send("GET", "/api/v1/case-lists").json()["items"]
    newest = next(each["id"] for each in case_list if each["cases"] == size.cases_listed)
    for _ in range(AUDITORS):
        an_auditor(database, ground)
    rounds = {}

    def plan(number: int) -> bytes:
        return json.dumps({"case_list_id": newest, "size": number, "strata": ["team", "status"]}).encode()

    def sample(number: int) -> float:
        rounds[number] = an_open_round(database, ground.template_id, ground.lead)
        return send("POST", f"/api/v1/rounds/{rounds[number]}/samples", plan(number))[0]

    def allocate(number: int) -> float:
        sample(number)
        asked: dict[str, Any] = {"seed": "one"}
        path = f"/api/v1/rounds/{rounds[number]}/proposal"
        proposing, proposed = send("POST", path, asked)
        asked["mark"] = proposed.json()["mark"]
        confirming, _ = send("POST", f"{path}/confirm", asked)
        figures.note(f"  proposing, confirming {number:,}", f"{proposing * 1000:,.0f} ms, {confirming * 1000:,.0f} ms")
        return proposing + confirming

    grown("sample", size.sampled, sample)
    grown("allocation", size.allocated, allocate)
