"""While one organisation works, or its program asks too much, another's answers take at most a quarter longer."""

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from statistics import median, quantiles

import pytest

from tests.conftest import DatabaseKind
from tests.live import Client, Ground, Server, a_complete_audit, a_ground, serving
from tests.trials.conftest import Place, Record
from tests.trials.crowds.gathering import gather
from tests.trials.crowds.people import Crowd
from tests.trials.crowds.population import Population

pytestmark = pytest.mark.trial

PEOPLE = 30
PAUSE_SECONDS = 2.0  # as long as people in the soak look at an answer
WORKERS = {"sqlite": 1, "postgresql": 2}  # as many as there are cores, where there may be several
TURNS = 100
PAUSE_OF_THE_OTHER = 0.1
MOST_SLOWER = 1.25
LIMIT = 600  # requests a minute, which an operator may set
TIMES_THE_LIMIT = 10


def test_thirty_people_of_one_organisation_do_not_slow_another(
    place: Place, database_kind: DatabaseKind, record_property: Record
) -> None:
    everybody = Population(place.database, place.ground).mixed(PEOPLE)

    def work(server: Server, seconds: float) -> str:
        crowd = Crowd(server.port, "another", everybody, seconds=seconds, pause=PAUSE_SECONDS, patient=True)
        came = gather(crowd, limit_seconds=seconds + 60)
        return f"{PEOPLE} people of one organisation, {len(came.told) / seconds:.0f} requests a second"

    _judge(place, database_kind, work, record_property)


def test_a_program_at_ten_times_its_limit_does_not_slow_another_organisation(
    place: Place, database_kind: DatabaseKind, record_property: Record
) -> None:
    def work(server: Server, seconds: float) -> str:
        client, statuses, ends = server.client(place.ground.lead_token), Counter[int](), time.monotonic() + seconds
        while time.monotonic() < ends:
            statuses[client.send("GET", "/api/v1/rounds").status] += 1
            time.sleep(60 / (TIMES_THE_LIMIT * LIMIT))
        return f"a program of one organisation at ten times its limit: {dict(statuses)}"

    _judge(place, database_kind, work, record_property, {"CASEAUDIT_REQUESTS_A_MINUTE": str(LIMIT)})


def _judge(
    place: Place,
    database_kind: DatabaseKind,
    work: Callable[[Server, float], str],
    record_property: Record,
    environment: Mapping[str, str] | None = None,
) -> None:
    """What another organisation is answered before, beside and after this work."""
    other = a_ground(place.database)
    workers = WORKERS[database_kind]
    with (
        serving(place.url, place.folder, workers=workers, environment=environment) as server,
        ThreadPoolExecutor(1) as pool,
    ):
        reading, recording = server.client(other.lead_token), server.client(other.integration_token)
        _asked(reading, recording, other, "until all is in memory")
        before = _asked(reading, recording, other, "before")
        working = pool.submit(work, server, 2 * sum(map(sum, before.values())) + TURNS * PAUSE_OF_THE_OTHER + 5)
        time.sleep(2)
        beside = _asked(reading, recording, other, "beside")
        still_at_work = not working.done()
        done = working.result()
        # The round has grown meanwhile: so both before and after.
        after = _asked(reading, recording, other, "after")
    alone = {what: before[what] + after[what] for what in before}
    shown = f"{done}, on {database_kind}; another's:\n"
    for what in (*alone, "all"):
        shown += f"  {what}: alone {_figures(_of(alone, what))}; beside them {_figures(_of(beside, what))}\n"
    print(shown)
    record_property("figure", shown)
    assert still_at_work
    assert _p95(_of(beside, "all")) <= MOST_SLOWER * _p95(_of(alone, "all"))


def _asked(reading: Client, recording: Client, ground: Ground, name: str) -> dict[str, list[float]]:
    """How many seconds each answer took, to somebody who reads a report and records an audit by turns."""
    chance = random.Random(name)
    took: dict[str, list[float]] = {"a report": [], "a complete audit": []}
    for number in range(TURNS):
        body = a_complete_audit(ground, chance)
        began = time.monotonic()
        assert reading.send("GET", f"/api/v1/rounds/{ground.round_id}/report").status == 200
        read = time.monotonic()
        assert recording.send("POST", "/api/v1/complete-audits", body, Idempotency_Key=f"{name}-{number}").status == 201
        took["a report"].append(read - began)
        took["a complete audit"].append(time.monotonic() - read)
        time.sleep(PAUSE_OF_THE_OTHER)
    return took


def _of(took: Mapping[str, list[float]], what: str) -> list[float]:
    return took[what] if what in took else list(chain.from_iterable(took.values()))


def _p95(seconds: list[float]) -> float:
    return quantiles(seconds, n=20)[-1]


def _figures(seconds: list[float]) -> str:
    return f"{1000 * median(seconds):.1f} ms, 95th of a hundred {1000 * _p95(seconds):.1f}"
