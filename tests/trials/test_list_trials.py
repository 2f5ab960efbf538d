"""A case list of 100,000 taken in over HTTP, timed; and killed at random while it is: all of it stands, or nothing."""

import http.client
import json
import random
import threading
import time
from contextlib import suppress
from typing import Any

import psutil
import pytest
from sqlalchemy import text

from api.case_files.unsettled import SILENT_SECONDS
from api.case_lists.long_work import ImportCaseList
from checklists.privacy.references import reference_from
from models import now
from models.storage.database import Database
from tests.conftest import DatabaseKind
from tests.live import Answer, Client, serving
from tests.trials.conftest import Place, Record

pytestmark = pytest.mark.trial

CASES = 100_000
# Stored in pieces by the request itself; longer lists are jobs, which have a trial of their own.
OF_A_KILLED_LIST = ImportCaseList.most_at_once
KILLS = 20
LONGEST_IN_THE_WAY = SILENT_SECONDS + 30
STATUSES = ("child-in-need", "child-protection-plan", "child-looked-after", "closed")
# What there is for whoever looks.
SHOWN = (
    "shown_case_file",
    "case_list_entry WHERE case_list_id IN (SELECT id FROM shown_case_list)",
    "shown_case_list",
)


def a_list(seed: int, cases: int) -> bytes:
    chance = random.Random(seed)
    listed: dict[str, Any] = {
        "listed_on": str(now().date()),
        "key_id": f"{seed:08x}",
        "teams": {f"Team {number}": "make" for number in range(20)},
        "cases": [
            {
                "reference": reference_from(chance.randbytes(10)),
                "team": f"Team {place % 20}",
                "status": chance.choice(STATUSES),
                "age_band": "5-to-9",
                "category": "neglect",
                "worker": reference_from(chance.randbytes(10)),
            }
            for place in range(cases)
        ],
    }
    return json.dumps(listed).encode()


def counts(database: Database) -> tuple[int, ...]:
    with database.reading() as session:
        return tuple(
            session.connection().execute(text(f"SELECT count(*) FROM {shown}")).scalar_one() for shown in SHOWN
        )


def done(client: Client, job_id: str) -> Answer:
    """The job when it is over."""
    while True:
        answer = client.send("GET", f"/api/v1/jobs/{job_id}")
        if answer.status != 200 or answer.json()["finished_at"]:
            assert answer.json()["state"] == "done", answer.body
            return answer
        time.sleep(0.5)


def test_a_list_of_100000_is_taken_in(place: Place, database_kind: DatabaseKind, record_property: Record) -> None:
    body = a_list(1, CASES)
    with serving(place.url, place.folder) as server:
        assert server.process is not None
        began = time.monotonic()
        client = server.client(place.ground.integration_token)
        answer = client.send("POST", "/api/v1/case-lists", body, Idempotency_Key="one")
        if answer.status == 202:
            answer = done(client, answer.json()["id"])
        took = time.monotonic() - began
        memory = psutil.Process(server.process.pid).memory_info().rss / 1e6
    assert answer.status in {200, 201}, answer.body[:500]
    record_property(
        "figure",
        f"A case list of {CASES:,} ({len(body) / 1e6:.0f} MB of JSON) on {database_kind}: {took:.1f} s (aim: 30 s), "
        f"the server then at {memory:.0f} MB",
    )
    assert counts(place.database) == (CASES, CASES, 1)


def test_killed_at_random_a_list_stands_whole_or_not_at_all(
    place: Place, database_kind: DatabaseKind, record_property: Record
) -> None:
    chance = random.Random(7)
    whole = nothing = 0
    acknowledged: list[int] = []
    longest = _seconds_for(place, a_list(1_000, OF_A_KILLED_LIST))
    audit_round = counts(place.database)
    with serving(place.url, place.folder) as server:
        for kill in range(KILLS):
            client = server.client(place.ground.integration_token)
            body = a_list(kill, OF_A_KILLED_LIST)

            def send(client: Client = client, body: bytes = body, key: str = f"kill-{kill}") -> None:
                # It may be killed before it answers.
                with suppress(OSError, http.client.HTTPException):
                    acknowledged.append(_sent(client, body, key))

            sender = threading.Thread(target=send)
            sender.start()
            if kill % 2:
                # As soon as it is acknowledged: what was answered must stand.
                sender.join()
            else:
                time.sleep(chance.random() * longest * 1.1)
            server.kill()
            sender.join()
            after = counts(place.database)
            gained = tuple(new - old for new, old in zip(after, audit_round, strict=True))
            assert not kill % 2 or (acknowledged[-1], gained[2]) == (201, 1)
            assert gained in {(0, 0, 0), (OF_A_KILLED_LIST, OF_A_KILLED_LIST, 1)}
            whole, nothing = whole + bool(gained[0]), nothing + (not gained[0])
            audit_round = after
            server.start()
            assert counts(place.database) == audit_round
    record_property(
        "figure",
        f"{KILLS} kills on {database_kind} while a list of {OF_A_KILLED_LIST:,} was taken in: {whole} times all of it "
        f"stood, {nothing} times nothing, 0 times a part",
    )
    assert whole >= KILLS // 2
    assert nothing


def _sent(client: Client, body: bytes, key: str) -> int:
    """The status in the end: what the kill before has left of a list is in the way for a while."""
    ends = time.monotonic() + LONGEST_IN_THE_WAY
    while True:
        status = (answer := client.send("POST", "/api/v1/case-lists", body, Idempotency_Key=key)).status
        if status != 409 or time.monotonic() > ends:
            return status
        time.sleep(float(answer.headers["retry-after"]))


def _seconds_for(place: Place, body: bytes) -> float:
    with serving(place.url, place.folder) as server:
        client, began = server.client(place.ground.integration_token), time.monotonic()
        assert client.send("POST", "/api/v1/case-lists", body, Idempotency_Key="first").status == 201
        return time.monotonic() - began
