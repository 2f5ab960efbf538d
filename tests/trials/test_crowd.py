"""Many at once: every request is answered, the service stays live, and nothing is lost or half done."""

import os
import time
from typing import Any

import pytest

from tests.case_lists.exports import ON, annex_a, made_children
from tests.conftest import DatabaseKind
from tests.live import Server, serving
from tests.trials.conftest import Place, Record
from tests.trials.crowds.gathering import Gathered, gather
from tests.trials.crowds.people import Crowd, Someone
from tests.trials.crowds.population import Population
from tests.trials.crowds.uploads import UploadInBackground
from tests.uploading import Uploader

pytestmark = pytest.mark.trial

LONGEST_ANSWER_SECONDS = 15.0
LONGEST_LIVE_MS = 100.0
LONGEST_FIRST_SAVE_SECONDS = 0.5
STRANGERS = 60
TURNS = 3
LIMIT_SECONDS = 180.0
READS_AT_ONCE = 60
SAVES_AT_ONCE = 45
CHILDREN_LOOKED_AT = 5_000


@pytest.mark.parametrize("people", [41, 100, 300])
def test_everybody_of_a_crowd_is_answered(
    place: Place, database_kind: DatabaseKind, people: int, record_property: Record
) -> None:
    population = Population(place.database, place.ground)
    everybody = population.mixed(people) + population.strangers(STRANGERS)
    with serving(place.url, place.folder) as server:
        came = gather(Crowd(server.port, f"{people} people", everybody, turns=TURNS), limit_seconds=LIMIT_SECONDS)
        title = f"{people} people and {STRANGERS} strangers at once on {database_kind}"
        _judge(came, server, place, population, title, record_property)


def test_savers_alone_are_all_answered(place: Place, database_kind: DatabaseKind, record_property: Record) -> None:
    population = Population(place.database, place.ground)
    with serving(place.url, place.folder) as server:
        crowd = Crowd(server.port, "savers", population.of_kind("save", 41), turns=1)
        came = gather(crowd, limit_seconds=LIMIT_SECONDS)
        _judge(came, server, place, population, f"41 who save once at once on {database_kind}", record_property)


def test_strangers_do_not_stop_the_one_who_saves(
    place: Place, database_kind: DatabaseKind, record_property: Record
) -> None:
    population = Population(place.database, place.ground)
    everybody = population.of_kind("save", 1) + population.strangers(STRANGERS)
    with serving(place.url, place.folder) as server:
        came = gather(Crowd(server.port, "one lead", everybody, turns=20), limit_seconds=LIMIT_SECONDS)
        title = f"one who saves among {STRANGERS} strangers on {database_kind}"
        _judge(came, server, place, population, title, record_property)
    assert {each.status for each in came.of("save")} == {201}


def test_reads_with_one_new_token_are_all_answered(
    place: Place, database_kind: DatabaseKind, record_property: Record
) -> None:
    population = Population(place.database, place.ground)
    (someone,) = population.of_kind("read", 1)
    readers = [Someone("read", token=someone.token, paths=someone.paths[:1]) for _ in range(READS_AT_ONCE)]
    with serving(place.url, place.folder) as server:
        came = gather(Crowd(server.port, "one token", readers), limit_seconds=LIMIT_SECONDS)
        title = f"{READS_AT_ONCE} reads with one new token at once on {database_kind}"
        _judge(came, server, place, population, title, record_property)
    assert {each.status for each in came.told} == {200}


def test_people_save_while_a_lead_looks_at_an_export(
    place: Place, database_kind: DatabaseKind, record_property: Record
) -> None:
    population = Population(place.database, place.ground)
    savers = population.of_kind("save", SAVES_AT_ONCE)
    content = annex_a(made_children(CHILDREN_LOOKED_AT))
    with serving(place.url, place.folder) as server:
        uploader = Uploader(server, place.database, place.ground, place.folder)
        looking = UploadInBackground(uploader, content, on=ON)
        time.sleep(0.5)
        came = gather(Crowd(server.port, "an export", savers), limit_seconds=LIMIT_SECONDS)
        title = f"{SAVES_AT_ONCE} who save once while a lead looks at an export on {database_kind}"
        _judge(came, server, place, population, title, record_property)
        looked = looking.wait()
    record_property("figure", f"  the export of {CHILDREN_LOOKED_AT:,} children: {looked}")


def _judge(
    came: Gathered, server: Server, place: Place, population: Population, title: str, record_property: Record
) -> None:
    first = _first_save(server, place)
    stands = population.stands(came.told)
    shown = f"{came.table(title)}\n  {stands}; the first save afterwards {first[0]} in {first[1]:.2f} s; {_load()}"
    print(shown)
    record_property("figure", shown)
    assert came.not_answered == []
    assert came.slowest() <= LONGEST_ANSWER_SECONDS
    assert came.watched.failed == 0
    assert came.watched.longest_ms <= LONGEST_LIVE_MS
    assert first[0] == 201
    assert first[1] <= LONGEST_FIRST_SAVE_SECONDS
    assert (stands.lost, stands.stored_though_refused) == (0, 0)


def _first_save(server: Server, place: Place) -> tuple[int, float]:
    client = server.client(place.ground.lead_token)
    client.connection.timeout = LONGEST_ANSWER_SECONDS
    body: dict[str, Any] = {"team_id": str(place.ground.team_id), "status": "closed", "age_band": "5-to-9"}
    began = time.monotonic()
    try:
        status = client.send("POST", "/api/v1/case-files", body, Idempotency_Key="afterwards").status
    except OSError:
        status = 0
    return status, time.monotonic() - began


def _load() -> str:
    return f"load average {os.getloadavg()[0]:.1f}"
