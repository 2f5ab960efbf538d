"""SQLite has the disk store an audit before it is confirmed: seen from outside, by the system calls of the server."""

import random
import re
import shutil
import signal
import subprocess
import time

import pytest

from tests.live import a_complete_audit, serving
from tests.trials.conftest import Place, Record

pytestmark = pytest.mark.trial

AUDITS = 50
SYNCED = re.compile(r"^\d+ +(?P<at>\d+\.\d+) (?:<\.\.\. )?f(?:data)?sync(?:\(\d+\)| resumed>\)) += 0")


def test_the_disk_has_an_audit_before_it_is_confirmed(sqlite_place: Place, record_property: Record) -> None:
    strace = shutil.which("strace")
    assert strace, "this trial needs strace (Debian: apt-get install strace)"
    place, log, chance = sqlite_place, sqlite_place.folder / "calls", random.Random(1)
    spans = []
    with serving(place.url, place.folder) as server:
        (process,) = server.processes()
        client = server.client(place.ground.integration_token)
        tracing = subprocess.Popen(
            [strace, "-f", "-ttt", "-e", "trace=fdatasync,fsync", "-o", log, "-p", str(process.pid)]
        )
        try:
            time.sleep(2)
            for number in range(AUDITS):
                body, began = a_complete_audit(place.ground, chance), time.time()
                answer = client.send("POST", "/api/v1/complete-audits", body, Idempotency_Key=f"key-{number}")
                spans.append((began, time.time()))
                assert answer.status == 201
        finally:
            tracing.send_signal(signal.SIGINT)
            tracing.wait(20)
    synced = [float(found["at"]) for line in log.read_text().splitlines() if (found := SYNCED.match(line))]
    stored = sum(any(began < at < answered for at in synced) for began, answered in spans)
    shown = f"{stored} of {AUDITS} audits were on the disk before they were confirmed ({len(synced)} calls)"
    print(shown)
    record_property("figure", shown)
    assert stored == AUDITS
