"""The disk of PostgreSQL is full, and then has room again: what was acknowledged is stored, and the service goes on."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.storage.database import open_database
from models.storage.migrating import migrate
from tests.live import a_ground, serving
from tests.postgres import Cluster, started_cluster
from tests.trials.conftest import Place, Record
from tests.trials.faults.small_disk import SmallDisk, small_disk
from tests.trials.faults.under_load import (
    LONGEST_ANSWER_SECONDS,
    LONGEST_RECOVERY_SECONDS,
    NOTHING_WRONG,
    faults_of_the_trail,
    ready_again,
    saved_again,
)
from tests.trials.killing import Writers, look_at

pytestmark = pytest.mark.trial

MEGABYTES = 300
TIMES = 3
LONGEST_FILLING_SECONDS = 60.0
FULL_FOR_SECONDS = 3.0


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    # Not in the folder of the test, which the account of PostgreSQL cannot reach.
    outer = Path(tempfile.mkdtemp(prefix="caseaudit-disk-"))
    outer.chmod(0o755)
    with small_disk(outer / "disk", megabytes=MEGABYTES) as made:
        yield made
    (outer / "disk").rmdir()
    outer.rmdir()


@pytest.fixture
def cluster(disk: SmallDisk) -> Iterator[Cluster]:
    made = started_cluster(durable=True, within=disk.folder)
    yield made
    disk.empty()
    made.end("immediate")


def test_a_disk_of_postgresql_that_fills_up_under_writers_costs_nobody_a_word(
    disk: SmallDisk, cluster: Cluster, tmp_path: Path, record_property: Record
) -> None:
    url = cluster.create("full")
    migrate(url)
    database = open_database(url)
    place = Place(url, database, a_ground(database), tmp_path)
    database.engine.dispose()
    recovered, started = [], 0
    with serving(url, tmp_path) as server:
        before = [process.pid for process in server.processes()]
        writers = Writers(server, place.ground, may_refuse=True)
        writers.start()
        try:
            for number in range(TIMES):
                writers.wait_for(more=4)
                refused, deadline = writers.refused, time.monotonic() + LONGEST_FILLING_SECONDS
                disk.fill()
                while writers.refused == refused and not writers.failures and time.monotonic() < deadline:
                    time.sleep(0.01)
                time.sleep(FULL_FOR_SECONDS)
                disk.empty()
                if not cluster.is_running:
                    started += 1
                    cluster.start()
                client = server.client(place.ground.integration_token)
                recovered.append(saved_again(client, place, f"after {number}"))
            ready = ready_again(server)
            writers.wait_for(more=4)
        finally:
            writers.stop()
        aftermath = look_at(database, place.ground, writers.acknowledged)
        trail = faults_of_the_trail(place)
        same = [process.pid for process in server.processes()] == before
    database.close()
    shown = (
        f"Disk of PostgreSQL full {TIMES} times, which stopped it {started} times: {len(writers.acknowledged)} audits "
        f"recorded, {writers.refused} refusals, longest {writers.longest_seconds:.1f} s; first save "
        f"{max(recovered):.2f} s after there was room at most, ready after {ready:.1f} s; {aftermath}"
    )
    print(shown)
    record_property("figure", shown)
    assert writers.failures == []
    assert writers.refused >= TIMES
    assert writers.longest_seconds <= LONGEST_ANSWER_SECONDS
    assert max(recovered) <= LONGEST_RECOVERY_SECONDS
    assert (aftermath, trail, same) == (NOTHING_WRONG, [], True)
