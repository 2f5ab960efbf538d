"""People and programs at work while something is broken and mended, and what they find afterwards."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from api.reports.keeping import differing_rounds
from api.trail.checkpoint_signer import CheckpointSigner
from api.trail.verifying.verification import in_words, verify
from tests.live import Client, Server, a_complete_audit, a_ground, settings_of_server
from tests.trials.conftest import Place, Record
from tests.trials.crowds.gathering import Gathered, gather
from tests.trials.crowds.people import Crowd
from tests.trials.crowds.population import Population, Stands
from tests.trials.killing import Aftermath, Writers, look_at

NOTHING_WRONG = Aftermath(lost=0, half_written=0, orphans=0, written_twice=0, corrupt=0)
PEOPLE = 30
PAUSE_SECONDS = 0.3
LONGEST_RECOVERY_SECONDS = 5.0
LONGEST_ANSWER_SECONDS = 10.0
LIMIT_SECONDS = 60.0
LONGEST_UNSIGNED_SECONDS = 20.0
AT_ONCE_AFTERWARDS = 60


@dataclass(slots=True)
class Borne:
    """How a fault was borne."""

    came: Gathered
    stands: Stands
    writers: Writers
    aftermath: Aftermath
    trail: list[str]
    wrong_tallies: int
    statuses_afterwards: set[int]
    ready_after_seconds: float
    same_process: bool
    recovered: list[float] = field(default_factory=list)

    def tell(self, title: str, record_property: Record) -> None:
        """Show it, whatever becomes of the trial."""
        shown = self._figure(title)
        print(shown)
        record_property("figure", shown)

    def _figure(self, title: str) -> str:
        recovered = f"; first save {max(self.recovered):.2f} s after it at most" if self.recovered else ""
        return (
            f"{self.came.table(title)}\n  programs: {len(self.writers.acknowledged)} audits recorded, "
            f"{self.writers.refused} refusals, longest {self.writers.longest_seconds:.1f} s\n  {self.stands}; "
            f"{self.aftermath}; wrong tallies {self.wrong_tallies}\n  "
            f"ready again after {self.ready_after_seconds:.1f} s{recovered}"
        )

    def check(self) -> None:
        """All that holds after every fault."""
        assert self.writers.failures == []
        assert [each.said for each in self.came.not_answered] == []
        assert self.came.badly_refused == []
        assert max(self.came.slowest(), self.writers.longest_seconds) <= LONGEST_ANSWER_SECONDS
        assert self.came.watched.failed == 0
        assert (self.stands.lost, self.stands.stored_though_refused) == (0, 0)
        assert self.aftermath == NOTHING_WRONG
        assert self.trail == []
        assert self.wrong_tallies == 0
        assert self.same_process
        assert self.statuses_afterwards == {200}
        assert max(self.recovered, default=0.0) <= LONGEST_RECOVERY_SECONDS


def bear(server: Server, place: Place, fault: Callable[[], list[float]], *, seconds: float) -> Borne:
    """People and programs work for so many seconds; meanwhile the fault runs, which says how long each recovery took.

    What is left behind is looked at when all have ended, and the service is ready again.
    """
    population = Population(place.database, a_ground(place.database))
    crowd = Crowd(server.port, "a fault", population.mixed(PEOPLE), seconds=seconds, pause=PAUSE_SECONDS, patient=True)
    place.database.engine.dispose()
    writers = Writers(server, place.ground, may_refuse=True)
    before = [process.pid for process in server.processes()]
    writers.start()
    try:
        with ThreadPoolExecutor(1) as one:
            breaking = one.submit(fault)
            came = gather(crowd, limit_seconds=seconds + LIMIT_SECONDS)
            recovered = breaking.result()
        ready_after = ready_again(server)
        writers.wait_for(more=4)
    finally:
        writers.stop()
    place.database.engine.dispose()
    statuses = read_at_once(server, place)
    ready_again(server)
    return Borne(
        came,
        population.stands(came.told),
        writers,
        look_at(place.database, place.ground, writers.acknowledged),
        faults_of_the_trail(place),
        len(differing_rounds(place.database)),
        statuses,
        ready_after,
        [process.pid for process in server.processes()] == before,
        recovered,
    )


def ready_again(server: Server, *, within: float = 60.0) -> float:
    """In how many seconds the service says that it is ready, background work included."""
    began, client = time.monotonic(), server.client()
    while (answer := client.send("GET", "/api/v1/health/ready")).status != 200:
        assert time.monotonic() - began < within, answer.body
        time.sleep(0.1)
    return time.monotonic() - began


def saved_again(client: Client, place: Place, key: str, *, within: float = 30.0) -> float:
    """In how many seconds an audit is recorded."""
    began = time.monotonic()
    body = a_complete_audit(place.ground, random.Random(key))
    while (answer := client.send("POST", "/api/v1/complete-audits", body, Idempotency_Key=key)).status != 201:
        assert answer.status == 503, answer.body
        assert time.monotonic() - began < within, answer.body
        time.sleep(0.05)
    return time.monotonic() - began


def read_at_once(server: Server, place: Place) -> set[int]:
    """What many are answered who read at one moment: connections to the database are there for all."""
    statuses: list[int] = []

    def read() -> None:
        statuses.append(server.client(place.ground.lead_token).send("GET", "/api/v1/rounds").status)

    threads = [threading.Thread(target=read) for _ in range(AT_ONCE_AFTERWARDS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return set(statuses)


def faults_of_the_trail(place: Place) -> list[str]:
    """What a verification says, unless all is well; once what was written last has been signed."""
    signer = CheckpointSigner.of(settings_of_server(place.url, place.folder))
    deadline = time.monotonic() + LONGEST_UNSIGNED_SECONDS
    while not (trails := verify(place.database, signer)).is_whole and time.monotonic() < deadline:
        time.sleep(1)
    return [] if trails.is_whole else list(in_words(trails))
