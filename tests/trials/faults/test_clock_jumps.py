"""The clock of a server at work is put hours and days forward and back: people and programs notice nothing."""

import time
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.conftest import DatabaseKind
from tests.live import Answer, Server, a_ground, serving
from tests.trials.clock_put import FILE
from tests.trials.conftest import Place, Record
from tests.trials.crowds.people import PASSWORD, Someone
from tests.trials.crowds.population import Population
from tests.trials.faults.under_load import (
    LONGEST_RECOVERY_SECONDS,
    NOTHING_WRONG,
    faults_of_the_trail,
    ready_again,
    saved_again,
)
from tests.trials.killing import Writers, look_at

pytestmark = pytest.mark.trial

HOUR, DAY = 3600, 24 * 3600
JUMPS = (2 * HOUR, 0, -2 * HOUR, 0, 3 * DAY, 0, -3 * DAY, 0, 20 * DAY, -20 * DAY, 0)
SECONDS_BETWEEN = 3.0


def test_a_clock_that_jumps_by_hours_and_days_stops_nobody(
    place: Place, database_kind: DatabaseKind, record_property: Record
) -> None:
    population = Population(place.database, a_ground(place.database))
    somebody = population.of_kind("sign-in", len(JUMPS))
    clock = place.folder / "clock"
    _put(clock, 0)
    environment = {FILE: f"{clock}"}
    with serving(place.url, place.folder, module="tests.trials.clock_put", environment=environment) as server:
        writers = Writers(server, place.ground, may_refuse=True)
        writers.start()
        took, pages, exports, seen = [], [], [], []
        try:
            for number, seconds in enumerate(JUMPS):
                writers.wait_for(more=4)
                _put(clock, seconds)
                client = server.client(place.ground.integration_token)
                took.append(saved_again(client, place, f"after jump {number}"))
                pages.append(_signs_in_and_reads(server, somebody[number]))
                lead = server.client(population.ground.lead_token)
                new = {"round_id": str(population.ground.round_id)}
                exports.append(lead.send("POST", "/api/v1/exports", new, Idempotency_Key=f"jump {number}"))
                ready_again(server)
                seen.append(_clock_of(server))
                time.sleep(SECONDS_BETWEEN)
            states = _states(server, population, exports)
        finally:
            writers.stop()
        aftermath = look_at(place.database, place.ground, writers.acknowledged)
        trail = faults_of_the_trail(place)
    shown = (
        f"{len(JUMPS)} jumps of the clock on {database_kind}: {len(writers.acknowledged)} audits recorded, "
        f"{writers.refused} refusals, longest {writers.longest_seconds:.1f} s, first save after a jump in "
        f"{max(took):.2f} s at most; {pages.count(200)} people signed in and read; exports {states}; {aftermath}"
    )
    print(shown, *seen, sep="\n")
    record_property("figure", shown)
    assert writers.failures == []
    assert writers.refused == 0
    assert max(took) <= LONGEST_RECOVERY_SECONDS
    assert pages == [200] * len(JUMPS)
    assert states == ["ready"] * len(JUMPS)
    assert all("the clock was put" in each for each in seen)
    assert (aftermath, trail) == (NOTHING_WRONG, [])


def _put(clock: Path, seconds: float) -> None:
    new = clock.with_name("new-clock")
    new.write_text(str(seconds))
    new.replace(clock)


def _signs_in_and_reads(server: Server, who: Someone) -> int:
    client = server.client()
    form = urlencode({"email": who.email, "password": PASSWORD}).encode()
    client.headers = {"Content-Type": "application/x-www-form-urlencoded"}
    client.connection.request("POST", "/sign-in", form, client.headers)
    got = client.connection.getresponse()
    got.read()
    cookies = "; ".join(each.partition(";")[0] for each in got.headers.get_all("Set-Cookie") or ())
    return client.send("GET", who.paths[0], Cookie=cookies).status


def _clock_of(server: Server) -> str:
    checks = server.client().send("GET", "/api/v1/health/ready").json()["checks"]
    return str(next(each["detail"] for each in checks if each["name"] == "clock"))


def _states(server: Server, population: Population, asked: list[Answer]) -> list[str]:
    lead, deadline = server.client(population.ground.lead_token), time.monotonic() + 60
    paths = [answer.headers["location"] for answer in asked]
    while True:
        states = [lead.send("GET", path).json()["state"] for path in paths]
        if not {"waiting", "writing"} & set(states) or time.monotonic() > deadline:
            return states
        time.sleep(0.5)
