"""What deletes or copies is killed at random moments: nothing is half done, and doing it again completes it."""

import json
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.erasure import actions, erased_cases
from api.foundation.key_files import event_key_at
from api.foundation.settings import Settings
from api.moving.copying import digest_of
from api.trail.checkpoint_signer import CheckpointSigner
from api.trail.verifying.verification import verify
from models import ErasureReason
from models.storage.database import Database, open_database
from tests.conftest import DatabaseKind
from tests.desk import Desk, a_desk
from tests.erasure.full_case import CANARY, SENTENCE, a_full_case, audits_of, everything_stored, folder_of
from tests.factories import an_actor
from tests.service import settings_in
from tests.trials.conftest import Record

pytestmark = pytest.mark.trial

KILLS = 8
CASES = 16
LONGEST_SECONDS = 0.6
COMMANDS = """
import json, sys
from datetime import UTC, datetime, timedelta
from api.foundation.key_files import event_key_at
from api.foundation.keys.database import open_own
from api.foundation.settings import Settings

settings = Settings.model_validate(json.loads(sys.argv[1]))
what, *given = sys.argv[2:]
from api.app import create_app
create_app(settings)

def opened():
    database = open_own(settings)
    database.event_key = event_key_at(settings.trail_key_path)
    return database

def delete():
    from api.retention import deleting
    deleting.LONGEST_SILENCE = timedelta(days=10_000)
    deleting.earliest = lambda: datetime.now(UTC) + timedelta(days=5 * 366)
    database = opened()
    print("ready", flush=True)
    while deleting.delete_due(database, settings):
        pass

def erase():
    import uuid
    from api.erasure import actions, erased_cases
    from api.foundation.permissions import Actor
    from models import Role
    database = opened()
    own, person, *roles = given[0].split()
    by = Actor(int(own), person_id=uuid.UUID(person), name="Mo", roles=frozenset(map(Role, roles)))
    print("ready", flush=True)
    for erasure in given[1:]:
        with database.reading() as session:
            if actions.find_erasure(session, uuid.UUID(erasure), by=by).decided_at is not None:
                continue
            prepared = actions.prepare_confirmation(session, erasure_id=uuid.UUID(erasure), by=by)
        with database.writing() as session:
            actions.confirm(session, prepared, by=by)
        erased_cases.finish(database, settings)

def copy():
    from api.moving.copying import copy_everything
    database = opened()
    print("ready", flush=True)
    copy_everything(database, given[0])

{"delete": delete, "erase": erase, "copy": copy}[what]()
print("done", flush=True)
"""


@dataclass(frozen=True)
class Place:
    desk: Desk
    settings: Settings
    folder: Path

    @property
    def database(self) -> Database:
        return self.desk.database

    def faults(self) -> list[str]:
        """What a verification finds wrong."""
        found = verify(self.database, CheckpointSigner.of(self.settings))
        return list(map(str, found.faults))

    def run(self, what: str, *given: str, kill_after: float | None = None) -> bool:
        """Do this in a process, which is killed after so many seconds; whether it was done before."""
        said = {
            "database_url": self.settings.database_url,
            "trail_key_file": str(self.settings.trail_key_file),
            "trail_checkpoints_file": str(self.settings.trail_checkpoints_file),
            "risky_terms_key_file": str(self.settings.risky_terms_key_file),
            "erased_cases_file": str(self.settings.erased_cases_file),
        }
        with subprocess.Popen(
            [sys.executable, "-c", COMMANDS, json.dumps(said), what, *given],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            first = process.stdout.readline()
            assert first == "ready\n", process.stderr.read()
            try:
                process.wait(kill_after)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
            is_done = "done" in process.stdout.read()
            assert is_done or process.returncode == -signal.SIGKILL, process.stderr.read()
            return is_done


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Place]:
    settings = settings_in(tmp_path / "here", database_url)
    CheckpointSigner.of(settings)
    with a_desk(database_url) as desk:
        desk.database.event_key = event_key_at(settings.trail_key_path)
        yield Place(desk, settings, tmp_path)


def killed_often(place: Place, what: str, *given: str, look: Callable[[], None]) -> str:
    """Do this in processes that are killed, look at what each leaves, and do it to its end; in words."""
    chance, ends = random.Random(what), Counter[str]()
    for _ in range(KILLS):
        ends["done" if place.run(what, *given, kill_after=chance.uniform(0, LONGEST_SECONDS)) else "killed"] += 1
        look()
    assert place.run(what, *given)
    look()
    assert ends["killed"]
    return f"killed {ends['killed']} times, and done then; trail whole each time"


def test_a_retention_run_that_is_killed_goes_on(
    place: Place, database_kind: DatabaseKind, record_property: Record
) -> None:
    for number in range(CASES):
        audit = place.desk.an_audit(reference=reference(number))
        place.desk.answer(audit, rationale=SENTENCE)
        place.desk.submit(audit)
    place.desk.close_round()

    def look() -> None:
        assert place.faults() == []

    said = killed_often(place, "delete", look=look)
    record_property("figure", f"A retention run on {database_kind}: {said}")
    assert audits_of(place.database) == 0
    assert_nothing_is_left(place)


def test_an_erasure_that_is_killed_goes_on_and_what_was_erased_is_in_the_file(
    place: Place, database_kind: DatabaseKind, record_property: Record
) -> None:
    asked, lena, mo = [], an_actor(place.desk.cast.lena), place.desk.cast.mo
    for number in range(CASES):
        case = a_full_case(place.desk, reference=reference(number)).case_file_id
        with place.database.writing() as session:
            asked.append(actions.ask(session, case_file_id=case, reason=ErasureReason.ASKED, by=lena).id)

    def look() -> None:
        erased_cases.agree(place.database, place.settings)  # as at each start
        assert place.faults() == []
        lines = erased_cases.lines_in(place.settings.erased_cases_path)
        assert len(lines) + audits_of(place.database) == CASES

    who = " ".join([str(mo.organisation_id), str(mo.id), *(role.value for role in mo.roles)])
    said = killed_often(place, "erase", who, *map(str, asked), look=look)
    record_property("figure", f"Erasures on {database_kind}: {said}")
    assert audits_of(place.database) == 0
    assert_nothing_is_left(place)


def test_a_copy_that_is_killed_is_made_by_doing_it_again(
    place: Place, tmp_path: Path, database_kind: DatabaseKind, record_property: Record
) -> None:
    for number in range(CASES):
        a_full_case(place.desk, reference=reference(number))
    with place.database.engine.connect() as connection:
        whole = digest_of(connection)
    file, chance, killed = tmp_path / "there.sqlite3", random.Random("copy"), 0
    for number in range(KILLS + 1):
        longest = chance.uniform(0, LONGEST_SECONDS) if number < KILLS else None
        if not place.run("copy", f"sqlite:///{file}", kill_after=longest):
            killed += 1
            continue
        there = open_database(f"sqlite:///{file}")
        with there.engine.connect() as connection:
            assert digest_of(connection) == whole
        there.close()
        for each in tmp_path.glob(f"{file.name}*"):
            each.unlink()
    record_property("figure", f"A copy from {database_kind}: killed {killed} times, and whole when it was done")
    assert killed


def reference(number: int) -> str:
    return f"QX7-{4000 + number}-ZT9"


def assert_nothing_is_left(place: Place) -> None:
    assert CANARY not in everything_stored(place.database)
    if place.database.is_sqlite:
        place.database.empty_log()
        assert not [file for file in folder_of(place.settings) if CANARY.encode() in file]
