"""Complete audits a second over HTTP, compared with the bare drivers and with a route without a database."""

import json
import random
from collections.abc import Callable, Sequence
from itertools import count
from statistics import median

from benchmarks import raw
from benchmarks.load import Measured, request, run
from benchmarks.table import Figures, Size
from tests.live import Ground, Server, a_complete_audit

PATH = "/api/v1/complete-audits"
IN_ONE_CALL = 1000
ROUNDS = 3
RunRaw = Callable[[Sequence[raw.Rows], int], float]
_numbers = count(1)


def measure(figures: Figures, server: Server, ground: Ground, run_raw: RunRaw, *, plain: bool, size: Size) -> None:
    """Complete audits one by one with 1, 4 and 16 clients, then a list of them in one call."""
    aim = 0.15 if plain else 0.25
    for clients in (1, 4, 16):
        over_http, bare, empty = [], [], []
        # Alternating, so that other load on the machine affects each alike.
        for _ in range(ROUNDS):
            over_http.append(_post(server, ground, clients, size.audits_posted))
            bare.append(run_raw(_raw_rows(ground, size.audits_posted, plain=plain), clients))
            empty.append(run(server.port, clients, [request("GET", "/api/v1/health/live", "")] * 1000, status=200))
        best = max(over_http, key=lambda measured: measured.per_second)
        ratio = median(measured.per_second / of_raw for measured, of_raw in zip(over_http, bare, strict=True))
        figures.add(
            f"complete audits over HTTP, {clients} clients",
            f"{best.per_second:.0f}/s, median {best.median_ms:.1f} ms, p95 {best.p95_ms:.1f} ms",
        )
        figures.add("  the bare driver", f"{max(bare):.0f}/s")
        figures.add(
            f"  a route without a database, {clients} clients", f"{max(each.per_second for each in empty):.0f}/s"
        )
        figures.add("  HTTP to bare driver", f"{ratio:.2f}", f">= {aim}" if clients == 16 else "")
    _measure_list(figures, server, ground, run_raw, plain=plain)


def _measure_list(figures: Figures, server: Server, ground: Ground, run_raw: RunRaw, *, plain: bool) -> None:
    ratios, seconds = [], []
    for _ in range(ROUNDS):
        chance = random.Random(next(_numbers))
        body = json.dumps([a_complete_audit(ground, chance) for _ in range(IN_ONE_CALL)]).encode()
        call = request("POST", f"{PATH}/batch", ground.integration_token, body, key=f"list-{next(_numbers)}")
        seconds.append(run(server.port, 1, [call], status=200).seconds)
        bare = 1 / run_raw([raw.together([_rows(ground, plain=plain) for _ in range(IN_ONE_CALL)])], 1)
        ratios.append(bare / seconds[-1])
    figures.add(f"list of {IN_ONE_CALL:,} in one call", f"{median(seconds) * 1000:.0f} ms")
    figures.add("  HTTP to bare driver", f"{median(ratios):.2f}", ">= 0.5")


def _post(server: Server, ground: Ground, clients: int, audits: int) -> Measured:
    requests = []
    for _ in range(audits):
        number = next(_numbers)
        body = json.dumps(a_complete_audit(ground, random.Random(number))).encode()
        requests.append(request("POST", PATH, ground.integration_token, body, key=f"bench-{number}"))
    return run(server.port, clients, requests, status=201)


def _raw_rows(ground: Ground, audits: int, *, plain: bool) -> list[raw.Rows]:
    return [_rows(ground, plain=plain) for _ in range(audits)]


def _rows(ground: Ground, *, plain: bool) -> raw.Rows:
    number = next(_numbers)
    return raw.rows_of(ground, a_complete_audit(ground, random.Random(number)), f"RAW-{number}", plain=plain)
