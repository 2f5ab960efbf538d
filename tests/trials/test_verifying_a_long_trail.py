"""A million events verified: in how many seconds, and in memory that does not grow with the trail."""

import json
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex

import pytest

from api.foundation.key_files import event_key_of
from api.trail.checkpoint_signer import CheckpointSigner
from api.trail.checkpoints import write_due
from checklists.chain import Head, event_form, hash_of_form
from checklists.event_codes import details_with_code
from models import Organisation
from models.storage.database import open_database
from tests.conftest import DatabaseKind

pytestmark = pytest.mark.trial

EVENTS = 1_000_000
AT_ONCE = 10_000
LONGEST_SECONDS = 120
MOST_MEGABYTES = 300
# What SQLite keeps in memory of a file is full by then.
MOST_GROWTH = 20
# Of every hundred events a few carry hashes, as where audits are scored, submitted, read and moderated.
SEALED = 10
READ = 40
PARTS = ("answers", "texts", "state", "why", "blindness")
HASHED = json.dumps({"content": " ".join(f"audit.{part}/1={'a' * 64}" for part in PARTS)}, separators=(",", ":"))
VERIFY = """
import json, sys, time
from pathlib import Path
from api.foundation.key_files import key_at
from api.trail.checkpoint_signer import CheckpointSigner
from api.trail.verifying.verification import verify
from models.storage.database import open_database
import api.features
def megabytes():
    # Not of the parent, which the highest of getrusage begins with.
    said = Path("/proc/self/status").read_text()
    return int(said.partition("VmHWM:")[2].split()[0]) // 1024
url, key, place = sys.argv[1:]
database = open_database(url)
before = megabytes()
start, work = time.monotonic(), time.process_time()
found = verify(database, CheckpointSigner(key_at(Path(key)), Path(place)))
print(json.dumps({
    "seconds": round(time.monotonic() - start, 1),
    "processor_seconds": round(time.process_time() - work, 1),
    "megabytes_before": before,
    "megabytes": megabytes(),
    "events": [each.events for each in found], "signed": [each.signed for each in found],
    "bad": [each.bad is not None or bool(each.wrong_checkpoints) for each in found],
    "different": [each.different for each in found], "without_code": [each.without_code for each in found],
}))
"""


def test_a_million_events_are_verified_in_stated_time_and_flat_memory(
    database_url: str, database_kind: DatabaseKind, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if database_kind == "postgresql":
        pytest.skip("one database is enough: the work is the same")
    figures = {}
    for events in (EVENTS // 10, EVENTS):
        _grow(database_url, tmp_path, events)
        command = [sys.executable, "-c", VERIFY, database_url, str(tmp_path / "key"), str(tmp_path / "place")]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        figures[events] = json.loads(printed)
    with capsys.disabled():
        print("", *(f"{events:,} events: {said}" for events, said in figures.items()), sep="\n")
    found = figures[EVENTS]
    assert (found["events"], found["bad"]) == ([EVENTS], [False])
    # Of its processor: a busy machine is no fault of the code.
    assert found["processor_seconds"] < LONGEST_SECONDS
    assert found["megabytes"] < MOST_MEGABYTES
    assert found["megabytes"] - figures[EVENTS // 10]["megabytes"] < MOST_GROWTH


def _grow(url: str, folder: Path, events: int) -> None:
    """Add events until there are so many, about records that are gone, and sign them."""
    database = open_database(url)
    signer = CheckpointSigner.with_key_at(folder / "key", folder / "place")
    event_key = event_key_of(signer.key)
    with database.reading() as session:
        is_new = session.get(Organisation, 1) is None
    if is_new:
        with database.writing() as session:
            session.add(Organisation(id=1, name="Northshire"))
    with database.engine.execution_options(writes=True).begin() as connection:
        found = connection.exec_driver_sql("SELECT length, hash FROM trail").first()
        length, last = found if found is not None else Head()
        rows = []
        for number in range(length + 1, events + 1):
            said = _said(number, event_key)
            last = hash_of_form(last, 1, number, event_form(said))
            rows.append((1, number, *said, last))
            if len(rows) == AT_ONCE or number == events:
                connection.exec_driver_sql("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
                rows = []
        kept = "INSERT INTO trail VALUES (1, ?, ?)" if found is None else "UPDATE trail SET length = ?, hash = ?"
        connection.exec_driver_sql(kept, (events, last))
    while write_due(database, signer, longest=timedelta(0)):
        pass
    database.close()


def _said(number: int, event_key: bytes) -> tuple[str, str, str, str, None, str]:
    at = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number)).isoformat(" ", "microseconds")
    is_sealed = number % 100 < SEALED
    kind = "audit.submitted" if is_sealed else "audit.read" if number % 100 < READ else "audit.scored"
    said = (at.removesuffix("+00:00"), kind, uuid.UUID(int=number % 20_000).hex, uuid.UUID(int=number % 50).hex, None)
    details = HASHED if is_sealed else "{}" if kind == "audit.read" else '{"themes":"voice"}'
    return (*said, details_with_code(event_key, 1, (*said, details), token_hex(8)))
