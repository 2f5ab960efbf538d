"""Complete audits a second over HTTP, compared with the bare drivers and with a route without a database."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from statistics import median

from benchmarks import raw
from benchmarks.load import Measured, processor_seconds, request, run
from benchmarks.table import Figures, Size
from tests.live import Ground, Server, a_complete_audit

PATH = "/api/v1/complete-audits"
IN_ONE_CALL = 1000
TURNS = 3
CLIENTS = (1, 4, 16)
COMPARED = 7
RunRaw = Callable[[Sequence[raw.Rows], int], float]
_numbers = count(1)


@dataclass(slots=True)
class _Turns:
    """What some clients at once measured, turn by turn."""

    over_http: list[Measured] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    empty: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> list[float]:
        return [measured.per_second for measured in self.over_http]


def measure(figures: Figures, server: Server, ground: Ground, run_raw: RunRaw, *, plain: bool, size: Size) -> None:
    """Complete audits one by one with 1, 4 and 16 clients."""
    turns = {clients: _Turns() for clients in CLIENTS}
    # Alternating, so that other load on the machine affects each alike; there and back, so that being later does.
    for turn in range(TURNS):
        for clients in CLIENTS[:: -1 if turn % 2 else 1]:
            own = turns[clients]
            before = processor_seconds(server)
            own.over_http.append(_post(server, ground, clients, size.audits_posted))
            own.processor.append((processor_seconds(server) - before) / size.audits_posted * 1000)
            own.bare.append(run_raw(_raw_rows(ground, size.audits_posted, plain=plain), clients))
            empty = run(server.port, clients, [request("GET", "/api/v1/health/live", "")] * 1000, status=200)
            own.empty.append(empty.per_second)
    for clients, own in turns.items():
        best = max(own.over_http, key=lambda measured: measured.per_second)
        ratio = median(per_second / of_raw for per_second, of_raw in zip(own.per_second, own.bare, strict=True))
        limit = f"bare driver {max(own.bare):.0f}, empty route {max(own.empty):.0f} a second"
        if clients == 1:
            figures.judge("complete audit, processor time", min(own.processor), limit=limit)
        figures.judge(f"complete audits, {clients} client{'s' * (clients > 1)}", best.per_second, limit=limit)
        figures.note("  median, 95th of a hundred", f"{best.median_ms:.1f} ms, {best.p95_ms:.1f} ms")
        figures.note("  processor time of each", f"{min(own.processor):.2f} ms")
        figures.note("  HTTP to bare driver", f"{ratio:.2f}")
    ratios = sorted(_many_to_few(server, ground, size.audits_posted // 4) for _ in range(COMPARED))
    figures.judge("16 clients to 4", median(ratios), limit=f"{ratios[0]:.2f} to {ratios[-1]:.2f}")


def _many_to_few(server: Server, ground: Ground, audits: int) -> float:
    """How many complete audits 16 clients record in the time in which 4 clients record one: few of either, there and
    back, since two measurements of the same differ by more when they are minutes apart.
    """
    seconds = {4: 0.0, 16: 0.0}
    for clients in (4, 16, 16, 4):
        seconds[clients] += _post(server, ground, clients, audits).seconds
    return seconds[4] / seconds[16]


def measure_list(figures: Figures, server: Server, ground: Ground, run_raw: RunRaw, *, plain: bool) -> None:
    """A list of complete audits in one call."""
    ratios, seconds = [], []
    for _ in range(TURNS):
        chance = random.Random(next(_numbers))
        body = json.dumps([a_complete_audit(ground, chance) for _ in range(IN_ONE_CALL)]).encode()
        call = request("POST", f"{PATH}/batch", ground.integration_token, body, key=f"list-{next(_numbers)}")
        seconds.append(run(server.port, 1, [call], status=200).seconds)
        bare = 1 / run_raw([raw.together([_rows(ground, plain=plain) for _ in range(IN_ONE_CALL)])], 1)
        ratios.append(bare / seconds[-1])
    limit = f"bare driver {median(seconds) * median(ratios) * 1000:.0f} ms"
    figures.judge("1,000 complete audits in one call", median(seconds) * 1000, limit=limit)
    figures.note("  HTTP to bare driver", f"{median(ratios):.2f}")


def _post(server: Server, ground: Ground, clients: int, audits: int) -> Measured:
    return run(server.port, clients, requests_for(ground, audits), status=201)


def requests_for(ground: Ground, audits: int) -> list[bytes]:
    """Requests that each record a complete audit that differs from the others."""
    requests = []
    for _ in range(audits):
        number = next(_numbers)
        body = json.dumps(a_complete_audit(ground, random.Random(number))).encode()
        requests.append(request("POST", PATH, ground.integration_token, body, key=f"bench-{number}"))
    return requests


def _raw_rows(ground: Ground, audits: int, *, plain: bool) -> list[raw.Rows]:
    return [_rows(ground, plain=plain) for _ in range(audits)]


def _rows(ground: Ground, *, plain: bool) -> raw.Rows:
    number = next(_numbers)
    return raw.rows_of(ground, a_complete_audit(ground, random.Random(number)), f"RAW-{number}", plain=plain)
