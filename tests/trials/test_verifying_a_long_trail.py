"""A million events verified: in how many seconds, and in memory that does not grow with the trail."""

import json
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.foundation.key_files import key_at
from api.trail.checkpoint_signer import CheckpointSigner
from api.trail.checkpoints import write_due
from models import Organisation
from models.storage.database import open_database
from models.storage.trail import pending_events
from tests.conftest import DatabaseKind

pytestmark = pytest.mark.trial

EVENTS = 1_000_000
AT_ONCE = 10_000
LONGEST_SECONDS = 120
MOST_MEGABYTES = 200
# Of every hundred events a few carry hashes, as where audits are scored, submitted, read and moderated.
SEALED = 10
VERIFY = """
import json, resource, sys, time
from pathlib import Path
from api.foundation.key_files import key_at
from api.trail.checkpoint_signer import CheckpointSigner
from api.trail.verifying.verification import verify
from models.storage.database import open_database
import api.features
url, key, place = sys.argv[1:]
database = open_database(url)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
start = time.monotonic()
found = verify(database, CheckpointSigner(key_at(Path(key)), Path(place)))
print(json.dumps({
    "seconds": round(time.monotonic() - start, 1),
    "megabytes_before": before,
    "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    "events": [each.events for each in found], "signed": [each.signed for each in found],
    "bad": [each.bad is not None or bool(each.wrong_checkpoints) for each in found],
    "different": [each.different for each in found],
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
    assert found["seconds"] < LONGEST_SECONDS
    assert found["megabytes"] < MOST_MEGABYTES
    assert found["megabytes"] - figures[EVENTS // 10]["megabytes"] < 50


def _grow(url: str, folder: Path, events: int) -> None:
    """Add events until there are so many, about records that are gone, and sign them."""
    database = open_database(url)
    signer = CheckpointSigner(key_at(folder / "key"), folder / "place")
    with database.reading() as session:
        is_new = session.get(Organisation, 1) is None
        length = 0 if is_new else session.connection().exec_driver_sql("SELECT length FROM trail").scalar_one()
    if is_new:
        with database.writing() as session:
            session.add(Organisation(id=1, name="Northshire"))
    at = datetime(2026, 1, 1, tzinfo=UTC)
    hashed = f'{{"content":"audit.answers/1={"a" * 64} audit.texts/1={"b" * 64} audit.state/1={"c" * 64}"}}'
    for start in range(length, events, AT_ONCE):
        with database.writing() as session:
            pending_events(session).extend(
                {
                    "organisation_id": 1,
                    "at": at + timedelta(seconds=number),
                    "kind": "audit.submitted" if number % 100 < SEALED else "audit.scored",
                    "subject_id": uuid.UUID(int=number % 20_000),
                    "person_id": uuid.UUID(int=1),
                    "token_id": None,
                    "details": hashed if number % 100 < SEALED else '{"themes":"voice"}',
                }
                for number in range(start, min(start + AT_ONCE, events))
            )
    while write_due(database, signer, longest=timedelta(0)):
        pass
    database.close()
