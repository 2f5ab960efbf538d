"""The working report of a large open round and its files, and a snapshot of it, compared with the bare query."""

import json
import time
from statistics import median

from sqlalchemy import text

from api.documents.files import FileKind
from api.foundation.http.security import cookie_name
from api.foundation.settings import Settings
from benchmarks.load import request, run
from benchmarks.table import Figures
from models.storage.database import Database
from tests.live import Ground, Server

AIMS = {FileKind.XLSX: "<= 1000 ms", FileKind.PDF: "<= 1000 ms"}
TURNS = 5
BARE = "SELECT team_id, status, age_band, mode, answers FROM audit WHERE round_id = :round AND state = 'submitted'"


def measure(figures: Figures, server: Server, database: Database, ground: Ground, secret: str, audits: int) -> None:
    """Each of these counts every audit of the round afresh."""
    figures.add(f"bare query for the answers of {audits:,} audits", f"{_bare_ms(database, ground):.0f} ms")
    cookie = f"{cookie_name(Settings())}={secret}"
    page = f"GET /rounds/{ground.round_id}/report HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n"
    taken = run(server.port, 1, [page.encode()] * TURNS, status=200).median_ms
    figures.add("report page with one heat map", f"{taken:.0f} ms", "<= 100 ms")
    base = f"/api/v1/rounds/{ground.round_id}/report"
    for ending, aim in [("", ""), *((f".{kind.value}", AIMS.get(kind, "")) for kind in FileKind)]:
        asked = [request("GET", f"{base}{ending}", ground.lead_token)] * TURNS
        taken = run(server.port, 1, asked, status=200).median_ms
        figures.add(f"report with every breakdown{ending or ', JSON'}", f"{taken:.0f} ms", aim)
    body = json.dumps({"round_id": str(ground.round_id), "title": "For the board"}).encode()
    made = request("POST", "/api/v1/snapshots", ground.lead_token, body, key="a-snapshot")
    figures.add("making a snapshot", f"{run(server.port, 1, [made], status=201).median_ms:.0f} ms")
    listed = server.client(ground.lead_token).send("GET", "/api/v1/snapshots").json()["items"]
    snapshot = f"/api/v1/snapshots/{listed[0]['id']}/report"
    for ending, aim in (("", ""), (".xlsx", "<= 1000 ms"), (".pdf", "<= 1000 ms")):
        asked = [request("GET", f"{snapshot}{ending}", ground.lead_token)] * TURNS
        taken = run(server.port, 1, asked, status=200).median_ms
        figures.add(f"snapshot{ending or ', JSON'}", f"{taken:.0f} ms", aim)


def _bare_ms(database: Database, ground: Ground) -> float:
    round_id = ground.round_id.hex if database.engine.dialect.name == "sqlite" else ground.round_id
    taken = []
    for _ in range(TURNS):
        with database.reading() as session:
            started = time.perf_counter()
            session.connection().execute(text(BARE), {"round": round_id}).all()
            taken.append(time.perf_counter() - started)
    return median(taken) * 1000
