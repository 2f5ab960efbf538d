"""PostgreSQL is lost and comes back: people are told to come again, and the service goes on by itself."""

import time

import psycopg
import pytest
from sqlalchemy import make_url

from tests.live import Server, serving
from tests.postgres import Cluster
from tests.trials.conftest import Place, Record
from tests.trials.faults.under_load import Borne, bear, saved_again

pytestmark = pytest.mark.trial

TERMINATED_FOR_SECONDS = 60
STOPS = 20
STOPS_OF_THE_MISTAKEN = 4
SECONDS_BETWEEN_STOPS = 2.0
SECONDS_AWAY = 0.5


def test_connections_that_are_terminated_every_second_cost_nobody_a_word(
    durable_cluster: Cluster, postgresql_place: Place, record_property: Record
) -> None:
    name = make_url(postgresql_place.url).database
    terminated = 0

    def terminate() -> list[float]:
        nonlocal terminated
        with psycopg.connect(durable_cluster.url(), autocommit=True) as connection:
            for _ in range(TERMINATED_FOR_SECONDS):
                time.sleep(1)
                ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s"
                found = connection.execute(ended, (name,)).fetchone()
                terminated += found[0] if found else 0
        return []

    with serving(postgresql_place.url, postgresql_place.folder) as server:
        borne = bear(server, postgresql_place, terminate, seconds=TERMINATED_FOR_SECONDS + 5)
        with psycopg.connect(durable_cluster.url(), autocommit=True) as connection:
            held = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", (name,)).fetchone()
    title = (
        f"{terminated} connections terminated in {TERMINATED_FOR_SECONDS} s, {held[0] if held else 0} held at the end"
    )
    borne.tell(title, record_property)
    borne.check()
    assert terminated > TERMINATED_FOR_SECONDS


def test_a_server_that_stops_dead_twenty_times_costs_nobody_a_word(
    durable_cluster: Cluster, postgresql_place: Place, record_property: Record
) -> None:
    with serving(postgresql_place.url, postgresql_place.folder) as server:
        borne = _bear_stops(server, durable_cluster, postgresql_place, STOPS)
    borne.tell(f"{STOPS} stops of PostgreSQL", record_property)
    borne.check()
    assert len(borne.recovered) == STOPS


def test_the_same_trial_finds_the_loss_where_the_commit_comes_after_the_answer(
    durable_cluster: Cluster, postgresql_place: Place, record_property: Record
) -> None:
    with serving(postgresql_place.url, postgresql_place.folder, module="tests.trials.commits_late") as server:
        borne = _bear_stops(server, durable_cluster, postgresql_place, STOPS_OF_THE_MISTAKEN)
    borne.tell(f"Committing late, {STOPS_OF_THE_MISTAKEN} stops of PostgreSQL", record_property)
    assert borne.aftermath.lost > 0


def _bear_stops(server: Server, cluster: Cluster, place: Place, stops: int) -> Borne:
    def stop_and_start() -> list[float]:
        took = []
        for number in range(stops):
            time.sleep(SECONDS_BETWEEN_STOPS)
            cluster.stop("immediate")
            time.sleep(SECONDS_AWAY)
            cluster.start()
            client = server.client(place.ground.integration_token)
            took.append(saved_again(client, place, f"after stop {number}"))
        return took

    return bear(server, place, stop_and_start, seconds=stops * (SECONDS_BETWEEN_STOPS + 2.0))
