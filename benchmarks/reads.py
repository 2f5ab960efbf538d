"""Gap reports over large and small stores, and the page on which a theme is scored."""

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from api.foundation.http.security import cookie_name
from api.foundation.settings import Settings
from benchmarks.load import request, run
from benchmarks.table import Figures
from tests.live import THEMES, Ground, Server, a_complete_audit

REPEATS = 60
TURNS = 5
MANY = 50


@dataclass(frozen=True, slots=True)
class Store:
    """A server on a store, and the closed rounds in it."""

    server: Server
    ground: Ground
    rounds: Sequence[uuid.UUID]


def measure_closed(figures: Figures, large: Store, small: Store) -> None:
    """The report of one closed round in a large store and in a small one, alternating, and of many rounds together."""
    chance = random.Random(1)
    of_large, of_small = [], []
    for _ in range(TURNS):
        of_large.append(_gap_report_ms(large, [[chance.choice(large.rounds)] for _ in range(REPEATS)]))
        of_small.append(_gap_report_ms(small, [[chance.choice(small.rounds)] for _ in range(REPEATS)]))
    audits = f"in {len(large.rounds):,} closed rounds"
    figures.add(f"gap report of one round, {audits}", f"{median(of_large):.1f} ms", "<= 20 ms")
    figures.add(f"  in {len(small.rounds)} closed rounds", f"{median(of_small):.1f} ms")
    figures.add("  large store to small", f"{median(of_large) / median(of_small):.2f}", "<= 1.5")
    several = [chance.sample(list(large.rounds), MANY) for _ in range(REPEATS // 2)]
    figures.add(f"gap report of {MANY} rounds together", f"{_gap_report_ms(large, several):.1f} ms")


def _gap_report_ms(store: Store, rounds: Sequence[Sequence[uuid.UUID]]) -> float:
    """The median time of one report for each of these lists of rounds."""
    requests = [
        request("GET", "/api/v1/reports/gaps?" + "&".join(f"round={each}" for each in listed), store.ground.lead_token)
        for listed in rounds
    ]
    return run(store.server.port, 1, requests, status=200).median_ms


def measure_open(figures: Figures, server: Server, ground: Ground, audits: int) -> None:
    """One open round, counted after each change."""
    path = f"/api/v1/reports/gaps?round={ground.round_id}"
    client, chance = server.client(ground.lead_token), random.Random(2)
    taken = []
    for _ in range(5):
        key = f"change-{uuid.uuid4().hex}"
        body = a_complete_audit(ground, chance)
        made = client.send("POST", "/api/v1/complete-audits", body, Idempotency_Key=key)
        assert made.status == 201, made.body
        taken.append(run(server.port, 1, [request("GET", path, ground.lead_token)], status=200).median_ms)
    figures.add(f"gap report of an open round of {audits:,} audits", f"{median(taken):.0f} ms", "<= 150 ms")


def measure_page(figures: Figures, server: Server, audit_id: uuid.UUID, secret: str) -> None:
    cookie = f"{cookie_name(Settings())}={secret}"
    line = f"GET /audits/{audit_id}/themes/{{}} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n"
    requests = [line.format(theme).encode() for theme in THEMES * 8]
    figures.add("page of one theme", f"{run(server.port, 1, requests, status=200).median_ms:.1f} ms", "<= 15 ms")
