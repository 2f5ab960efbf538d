"""200 bodies are sent by half and then no further, by somebody who is known: others save and import as before."""

import json
import socket
import time
from contextlib import suppress

import pytest

from models import now
from tests.conftest import DatabaseKind
from tests.live import Client, Ground, Server, serving
from tests.trials.conftest import Place, Record
from tests.trials.crowds.population import Population
from tests.trials.crowds.watch import watching

pytestmark = pytest.mark.trial

SLOW = 200
# Enough that the service asks who sends it, before the rest comes.
HALF = 100_000
WHOLE = 200_000
PATH = "/api/v1/case-lists"
LONGEST_SAVE_SECONDS = 1.0
LONGEST_IMPORT_SECONDS = 6.0
CASES = 1_500
IMPORTS = 3
# Less arrives at once, and needs no slot of its own.
PADDING = 500_000


def test_bodies_that_never_end_stop_nobody_else(
    place: Place, database_kind: DatabaseKind, record_property: Record
) -> None:
    (other,) = Population(place.database, place.ground).of_kind("save", 1)
    held: list[socket.socket] = []
    with serving(place.url, place.folder) as server, watching(server.port) as watched:
        client = server.client(other.token)
        _save(client, place.ground, "before")
        before = [_import(client, place.ground, 0)]
        try:
            held += [_half_sent(server, place.ground) for _ in range(SLOW)]
            time.sleep(1)
            imports = [_import(client, place.ground, number) for number in range(1, IMPORTS + 1)]
            saves = [_save(client, place.ground, f"meanwhile {number}") for number in range(20)]
        finally:
            for each in held:
                each.close()
    shown = (
        f"{SLOW} half-sent bodies on {database_kind}: saves in {max(seconds for _, seconds in saves):.2f} s at most, "
        f"imports of {CASES:,} cases in {max(seconds for _, seconds in imports):.2f} s at most (before "
        f"{before[0][1]:.2f} s)\n  {watched}"
    )
    print(shown)
    record_property("figure", shown)
    assert {status for status, _ in [*before, *imports, *saves]} == {201}
    assert max(seconds for _, seconds in saves) <= LONGEST_SAVE_SECONDS
    assert max(seconds for _, seconds in imports) <= LONGEST_IMPORT_SECONDS
    assert watched.failed == 0


def _half_sent(server: Server, ground: Ground) -> socket.socket:
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {ground.lead_token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {WHOLE}\r\nIdempotency-Key: slow\r\n\r\n"
    )
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    connection.setblocking(False)  # what the service does not read now waits in the network
    content = head.encode() + b'{"cases": [' + b" " * HALF
    with suppress(BlockingIOError):
        connection.send(content)
    return connection


def _save(client: Client, ground: Ground, key: str) -> tuple[int, float]:
    body = {"team_id": str(ground.team_id), "status": "closed", "age_band": "5-to-9"}
    began = time.monotonic()
    status = client.send("POST", "/api/v1/case-files", body, Idempotency_Key=f"save {key}").status
    return status, time.monotonic() - began


def _import(client: Client, ground: Ground, place: int) -> tuple[int, float]:
    cases = [
        {
            "reference": f"CASE-{place * CASES + number:06}",
            "team": "North team",
            "status": "child-in-need",
            "age_band": "5-to-9",
        }
        for number in range(CASES)
    ]
    body = {"listed_on": str(now().date()), "teams": {"North team": str(ground.team_id)}, "cases": cases}
    began = time.monotonic()
    status = client.send(
        "POST", PATH, json.dumps(body).encode() + b" " * PADDING, Idempotency_Key=f"list {place}"
    ).status
    return status, time.monotonic() - began
