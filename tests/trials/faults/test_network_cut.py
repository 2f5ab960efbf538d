"""The network between the service and PostgreSQL is cut without a word: packets vanish, and nobody is told.

As when a firewall forgets a connection, or a switch fails. No reset ends a connection, and no router says that the host
is away: the service itself must notice. People and programs are refused within a stated time, nothing is lost, and
saving goes on when the network is back, without a restart.
"""

import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from api.reports.keeping import differing_rounds
from models.storage.database import open_database
from models.storage.migrating import migrate
from tests.live import ROOT, Client, a_ground
from tests.postgres import SERVICE_ACCOUNT, SUPERUSER, find_server_programs
from tests.trials.conftest import Place, Record
from tests.trials.faults.under_load import NOTHING_WRONG, faults_of_the_trail
from tests.trials.killing import look_at
from tests.trials.several_machines.load import Load
from tests.trials.several_machines.network import Network, network, on_machine

pytestmark = pytest.mark.trial

MACHINES = {"database": "10.78.0.11", "web": "10.78.0.21", "desk": "10.78.0.41"}
CUT_FOR_SECONDS = (3.0, 20.0, 60.0)
READERS = 12
IDLE_SECONDS = 7.0  # longer than a connection is trusted without being asked
BETWEEN = 40  # audits acknowledged between two cuts
LONGEST_START_SECONDS = 60.0
# What docs/faults.md says.
LONGEST_ANSWER_SECONDS = 20.0
LONGEST_RECOVERY_SECONDS = 30.0


@dataclass
class Readers:
    """People who read a list now and then, so that the connection they get has been idle, and a probe of readiness."""

    token: str
    statuses: Counter[str] = field(default_factory=Counter)
    longest: dict[str, float] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        reads = [("/api/v1/rounds", IDLE_SECONDS)] * READERS + [("/api/v1/health/ready", 1.0)]
        self.threads = [threading.Thread(target=self._read, args=each) for each in reads]
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()

    def _read(self, path: str, pause: float) -> None:
        client = Client(80, self.token, MACHINES["web"])
        while not self.over.wait(pause):
            began = time.monotonic()
            answer = client.send("GET", path)
            self.statuses[f"{answer.status} {path}"] += 1
            self.longest[path] = max(self.longest.get(path, 0.0), time.monotonic() - began)
        client.connection.close()


class Site:
    """PostgreSQL on one machine, the service on another, and programs on a third."""

    def __init__(self, machines: Network, folder: Path) -> None:
        self.network, self.folder = machines, folder
        self.url = f"postgresql://{SUPERUSER}@{MACHINES['database']}/postgres"

    def start_database(self) -> None:
        data, programs = self.folder / "data", find_server_programs()
        self._run_once(programs / "initdb", "-D", data, "-U", SUPERUSER, "--auth=trust", "--no-sync")
        with (data / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 10.78.0.0/24 trust\n")
        words = (f"listen_addresses={MACHINES['database']}", f"unix_socket_directories={self.folder}", "jit=off")
        settings = [word for setting in words for word in ("-c", setting)]
        self.network.run(
            "database", [programs / "postgres", "-D", data, *settings], self.folder / "log", user=SERVICE_ACCOUNT
        )

    def start_service(self) -> None:
        environment = {
            "CASEAUDIT_DATABASE_URL": self.url,
            "CASEAUDIT_HOST": MACHINES["web"],
            "CASEAUDIT_PORT": "80",
            "CASEAUDIT_LOG_LEVEL": "warning",
            "CASEAUDIT_TRAIL_KEY_FILE": f"{self.folder}/trail-key",
            "CASEAUDIT_TRAIL_CHECKPOINTS_FILE": f"{self.folder}/checkpoints",
        }
        service = [sys.executable, "-c", "from api.cli import main; main()", "serve"]
        self.network.run("web", service, self.folder / "service.log", environment=environment, folder=ROOT)

    def is_ready(self) -> bool:
        address = f"http://{MACHINES['web']}/api/v1/health/ready"
        with suppress(OSError), urllib.request.urlopen(address, timeout=LONGEST_ANSWER_SECONDS) as said:
            return bool(said.status == 200)
        return False

    def _run_once(self, *command: str | Path) -> None:
        subprocess.run(command, check=True, user=SERVICE_ACCOUNT, group=SERVICE_ACCOUNT, extra_groups=[])


@contextmanager
def a_site() -> Iterator[Site]:
    folder = Path(tempfile.mkdtemp(prefix="caseaudit-cut-"))
    shutil.chown(folder, SERVICE_ACCOUNT, SERVICE_ACCOUNT)
    with network(MACHINES) as machines:
        machines.know_each_other()
        site = Site(machines, folder)
        site.start_database()
        with on_machine("desk"):
            _wait(lambda: _can_migrate(site.url), "the database does not start")
            yield site
    shutil.rmtree(folder)


def _can_migrate(url: str) -> bool:
    with suppress(Exception):
        migrate(url)
        return True
    return False


def test_a_network_that_is_cut_without_a_word_costs_nobody_a_word(record_property: Record) -> None:
    with a_site() as site:
        database = open_database(site.url)
        ground = a_ground(database)
        site.start_service()
        _wait(site.is_ready, f"the service does not start: see {site.folder}")
        load, readers = Load(MACHINES["web"], ground), Readers(ground.lead_token)
        load.start()
        readers.start()
        told: list[str] = []
        try:
            told.extend(_cut(site, load, seconds) for seconds in CUT_FOR_SECONDS)
        finally:
            load.stop()
            readers.stop()
        _wait(site.is_ready, "the service is not ready again")
        aftermath = look_at(database, ground, load.acknowledged)
        trail = faults_of_the_trail(Place(site.url, database, ground, site.folder))
        wrong = len(differing_rounds(database))
        database.close()
    shown = (
        f"network to PostgreSQL cut without a word: {'; '.join(told)}. {len(load.acknowledged)} audits acknowledged: "
        f"{aftermath}; longest answer {load.longest_seconds:.1f} s; refused {dict(load.refused)}; people who read: "
        f"{dict(readers.statuses)}, longest { ({path: round(each, 1) for path, each in readers.longest.items()}) }"
    )
    print(shown)
    record_property("figure", shown)
    assert load.failures == []
    assert aftermath == NOTHING_WRONG
    assert (trail, wrong, load.older) == ([], 0, 0)
    assert set(load.refused) == {"503 of the service"}
    assert {status.split()[0] for status in readers.statuses} == {"200", "503"}
    assert max(load.longest_seconds, *readers.longest.values()) <= LONGEST_ANSWER_SECONDS


def _cut(site: Site, load: Load, seconds: float) -> str:
    load.wait_for(BETWEEN)
    site.network.cut("database")
    time.sleep(seconds)
    site.network.heal("database")
    healed = time.monotonic()
    before = len(load.acknowledged)
    load.wait_for(1)
    recovered = time.monotonic() - healed
    assert before <= len(load.acknowledged)
    assert recovered <= LONGEST_RECOVERY_SECONDS
    return f"for {seconds:.0f} s, saved again {recovered:.1f} s after it"


def _wait(until: Callable[[], bool], said: str) -> None:
    ends = time.monotonic() + LONGEST_START_SECONDS
    while not until():
        assert time.monotonic() < ends, said
        time.sleep(0.2)
