"""The working report of a large open round and its files, and a snapshot of it, compared with the bare query."""

import threading
import time
import uuid
from collections.abc import Sequence
from statistics import median

from sqlalchemy import text

from benchmarks.load import page_request, request, run
from benchmarks.table import Figures
from benchmarks.writes import requests_for
from models.storage.database import Database
from tests.live import Ground, Server
from tests.trials.heavy.jobs import followed

ROWS = {
    "": "report with every breakdown, JSON",
    ".pdf": "report, PDF",
    ".docx": "report, DOCX",
    ".xlsx": "report, XLSX",
    ".csv": "report, CSV",
}
TURNS = 5
RECORDED = 300
SECONDS_BETWEEN_REPORTS = 0.05
SECONDS_FOR_A_TITLE = 3
BARE = "SELECT team_id, status, age_band, mode, answers FROM audit WHERE round_id = :round AND state = 'submitted'"


def bare_query(database: Database, ground: Ground) -> str:
    """How long the bare query for the answers of the round takes, in words."""
    round_id = ground.round_id.hex if database.engine.dialect.name == "sqlite" else ground.round_id
    taken = []
    for _ in range(TURNS):
        with database.reading() as session:
            started = time.perf_counter()
            session.connection().execute(text(BARE), {"round": round_id}).all()
            taken.append(time.perf_counter() - started)
    return f"bare query of its answers {median(taken) * 1000:.0f} ms"


def measure(figures: Figures, server: Server, ground: Ground, cookie: str, *, limit: str) -> None:
    """The report as a page, as JSON and as files."""
    page = page_request(f"/rounds/{ground.round_id}/report", cookie)
    taken = run(server.port, 1, [page] * TURNS, status=200).median_ms
    figures.judge("report page with one heat map", taken, limit=limit)
    for ending, row in ROWS.items():
        asked = [request("GET", f"/api/v1/rounds/{ground.round_id}/report{ending}", ground.lead_token)] * TURNS
        figures.judge(row, run(server.port, 1, asked, status=200).median_ms, limit=limit)


def measure_snapshot(
    figures: Figures, server: Server, ground: Ground, cookie: str, *, rounds: Sequence[uuid.UUID], limit: str
) -> None:
    """Making a snapshot, whether at once or in the background, and reading it.

    First by a program, then of another round by a person, who opens the page with the form and enters a title. Both
    begin when the service has had the same time to count rounds that were filled past it.
    """
    of_program, of_person = rounds
    time.sleep(SECONDS_FOR_A_TITLE)
    figures.judge("snapshot of an open round", _made(server, ground, of_program), limit=limit)
    run(server.port, 1, [page_request(f"/rounds/{of_person}/snapshot", cookie)], status=200)
    time.sleep(SECONDS_FOR_A_TITLE)
    figures.judge("snapshot of an open round, from its page", _made(server, ground, of_person), limit=limit)
    client = server.client(ground.lead_token)
    listed = client.send("GET", "/api/v1/snapshots").json()["items"]
    for ending in ("", ".xlsx", ".pdf"):
        path = f"/api/v1/snapshots/{listed[0]['id']}/report{ending}"
        asked = [request("GET", path, ground.lead_token)] * TURNS
        figures.note(f"  its report{ending or ', JSON'}", f"{run(server.port, 1, asked, status=200).median_ms:.0f} ms")


def _made(server: Server, ground: Ground, round_id: uuid.UUID) -> float:
    """The milliseconds that it takes to make a snapshot. Once a round: a second one might not be released."""
    client = server.client(ground.lead_token)
    body = {"round_id": str(round_id), "title": "For the board"}
    started = time.perf_counter()
    made = client.send("POST", "/api/v1/snapshots", body, Idempotency_Key=f"a-snapshot-{round_id}")
    outcome = followed(client.send, made, every=0.02)
    taken = (time.perf_counter() - started) * 1000
    assert outcome in {"201", "202 done"}, (outcome, made.body)
    return taken


def measure_both_at_once(figures: Figures, server: Server, ground: Ground) -> None:
    """How many fewer complete audits 16 clients record while somebody reads a large report every 50 ms."""
    alone, beside = [], []
    for _ in range(2):
        alone.append(run(server.port, 16, requests_for(ground, RECORDED), status=201).per_second)
        over = threading.Event()
        reader = threading.Thread(target=_read, args=(server, ground, over))
        reader.start()
        beside.append(run(server.port, 16, requests_for(ground, RECORDED), status=201).per_second)
        over.set()
        reader.join()
    lost = 100 * (1 - median(beside) / median(alone))
    figures.judge("throughput lost to a report every 50 ms", lost, limit=f"alone {median(alone):.0f} audits a second")


def _read(server: Server, ground: Ground, over: threading.Event) -> None:
    client = server.client(ground.lead_token)
    while not over.wait(SECONDS_BETWEEN_REPORTS):
        assert client.send("GET", f"/api/v1/reports/gaps?round={ground.round_id}").status == 200
