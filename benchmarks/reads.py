"""Gap reports over large and small stores, and the page on which a theme is scored."""

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.load import page_request, processor_seconds, request, run
from benchmarks.table import Figures
from benchmarks.writes import requests_for
from tests.live import THEMES, Ground, Server

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
    figures.note(f"gap report of one of {len(large.rounds):,} closed rounds", f"{median(of_large):.1f} ms")
    figures.note(f"  of one of {len(small.rounds)}", f"{median(of_small):.1f} ms")
    several = [chance.sample(list(large.rounds), MANY) for _ in range(REPEATS // 2)]
    figures.note(f"gap report of {MANY} rounds together", f"{_gap_report_ms(large, several):.1f} ms")


def _gap_report_ms(store: Store, rounds: Sequence[Sequence[uuid.UUID]]) -> float:
    """The median time of one report for each of these lists of rounds."""
    requests = [
        request("GET", "/api/v1/reports/gaps?" + "&".join(f"round={each}" for each in listed), store.ground.lead_token)
        for listed in rounds
    ]
    return run(store.server.port, 1, requests, status=200).median_ms


def measure_open(figures: Figures, server: Server, ground: Ground, *, limit: str) -> None:
    """One open round, asked for after each change."""
    path = f"/api/v1/reports/gaps?round={ground.round_id}"
    taken = []
    for number in range(REPEATS // 4):
        changed = requests_for(ground, 1 + number % 3)
        run(server.port, 1, changed, status=201)
        taken.append(run(server.port, 1, [request("GET", path, ground.lead_token)], status=200).median_ms)
    figures.judge("gap report of an open round, after a change", median(taken), limit=limit)


def measure_page(figures: Figures, server: Server, audit_id: uuid.UUID, cookie: str) -> None:
    """The page on which a theme is scored."""
    requests = [page_request(f"/audits/{audit_id}/themes/{theme}", cookie) for theme in THEMES * 8]
    before = processor_seconds(server)
    taken = run(server.port, 1, requests, status=200).median_ms
    processor = (processor_seconds(server) - before) / len(requests) * 1000
    empty = run(server.port, 1, [request("GET", "/api/v1/health/live", "")] * 200, status=200).median_ms
    figures.judge("form page of a theme", taken, limit=f"empty route {empty:.1f} ms; {processor:.1f} ms of processor")
