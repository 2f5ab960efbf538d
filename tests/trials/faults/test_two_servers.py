"""A second server on one SQLite file is refused in a sentence; commands beside the first one work. Nothing is lost."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.live import ROOT, Server, serving
from tests.trials.conftest import Place, Record
from tests.trials.faults.under_load import NOTHING_WRONG, faults_of_the_trail
from tests.trials.killing import Writers, look_at

pytestmark = pytest.mark.trial

TIMES = 20
LONGEST_REFUSAL_SECONDS = 10.0
BESIDE = (("verify-tallies",), ("migrate",), ("newest-checkpoint",), ("link", "nobody@example.org"))
CASEAUDIT = Path(sys.executable).with_name("caseaudit")


def test_a_second_server_is_refused_twenty_times_and_commands_work_beside_the_first(
    sqlite_place: Place, record_property: Record
) -> None:
    with serving(sqlite_place.url, sqlite_place.folder) as server:
        writers = Writers(server, sqlite_place.ground, may_refuse=True)
        writers.start()
        try:
            writers.wait_for(more=4)
            second = [_run(server, "serve") for _ in range(TIMES)]
            beside = {words: _run(server, *words) for words in BESIDE}
            writers.wait_for(more=4)
        finally:
            writers.stop()
        aftermath = look_at(sqlite_place.database, sqlite_place.ground, writers.acknowledged)
        trail = faults_of_the_trail(sqlite_place)
        locked = server.log.read_text().count("locked")
    longest = max(seconds for _, _, seconds in second)
    shown = (
        f"{TIMES} second servers refused in {longest:.1f} s at most beside a first one that recorded "
        f"{len(writers.acknowledged)} audits; {aftermath}; database locked {locked} times"
    )
    print(shown, *beside.items(), sep="\n")
    record_property("figure", shown)
    assert {code for code, _, _ in second} == {1}
    assert {said for _, said, _ in second} == {
        "Another server is using trial.sqlite3. Stop that server first, or set a different CASEAUDIT_DATABASE_URL.\n"
    }
    assert longest <= LONGEST_REFUSAL_SECONDS
    assert [words for words, (_, said, _) in beside.items() if "Traceback" in said or "locked" in said] == []
    assert [beside[words][0] for words in BESIDE] == [0, 0, 0, 1]
    assert writers.failures == []
    assert (aftermath, trail, locked) == (NOTHING_WRONG, [], 0)


def _run(server: Server, *words: str) -> tuple[int, str, float]:
    began = time.monotonic()
    done = subprocess.run(
        [CASEAUDIT, *words],
        cwd=ROOT,
        env=dict(server.environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr, time.monotonic() - began
