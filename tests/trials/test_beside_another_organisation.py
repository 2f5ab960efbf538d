"""While thirty people of one organisation work, the answers of another take at most a quarter longer."""

import random
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from statistics import median, quantiles

import pytest

from tests.conftest import DatabaseKind
from tests.live import Client, Ground, a_complete_audit, a_ground, serving
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


def test_thirty_people_of_one_organisation_do_not_slow_another(
    place: Place, database_kind: DatabaseKind, record_property: Record
) -> None:
    other = a_ground(place.database)
    everybody = Population(place.database, place.ground).mixed(PEOPLE)
    with serving(place.url, place.folder, workers=WORKERS[database_kind]) as server, ThreadPoolExecutor(1) as pool:
        reading, recording = server.client(other.lead_token), server.client(other.integration_token)
        _asked(reading, recording, other, "until all is in memory")
        before = _asked(reading, recording, other, "before")
        seconds = 2 * sum(map(sum, before.values())) + TURNS * PAUSE_OF_THE_OTHER + 5
        crowd = Crowd(server.port, "another", everybody, seconds=seconds, pause=PAUSE_SECONDS, patient=True)
        gathering = pool.submit(gather, crowd, limit_seconds=seconds + 60)
        time.sleep(2)
        beside = _asked(reading, recording, other, "beside")
        still_at_work = not gathering.done()
        came = gathering.result()
        # The round has grown meanwhile: so both before and after.
        after = _asked(reading, recording, other, "after")
    alone = {what: before[what] + after[what] for what in before}
    a_second = len(came.told) / seconds
    shown = f"{PEOPLE} people of one organisation, {a_second:.0f} requests a second, on {database_kind}; another's:\n"
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
