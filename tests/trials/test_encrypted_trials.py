"""An encrypted database is killed: under people who write, and in the middle of being encrypted and decrypted."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from api.foundation.keys.database import key_of
from api.foundation.settings import Settings
from models.storage.database import open_database
from models.storage.migrating import migrate
from models.storage.sqlite_engine import connect, is_encrypted
from tests.live import a_ground, serving
from tests.trials.conftest import Record
from tests.trials.killing import Aftermath, kill_under_writers

pytestmark = pytest.mark.trial

NOTHING_WRONG = Aftermath(lost=0, half_written=0, orphans=0, written_twice=0, corrupt=0)
KILLS = 20
RUNS = 40
ROWS = 20_000
COMMAND = """
import sys
from api.foundation.settings import Settings
from api.moving import encrypting
print("ready", flush=True)
getattr(encrypting, sys.argv[1])(Settings(database_encryption="auto"))
print("done", flush=True)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(database_url=f"sqlite:///{tmp_path}/trial.sqlite3", database_encryption="auto")


def test_killed_twenty_times_under_writers_an_encrypted_database_loses_nothing(
    settings: Settings, tmp_path: Path, record_property: Record
) -> None:
    key = key_of(settings)
    migrate(settings.database_url, key=key)
    database = open_database(settings.database_url, key)
    ground = a_ground(database)
    with serving(settings.database_url, tmp_path) as server:
        acknowledged, aftermath = kill_under_writers(server, database, ground, kills=KILLS)
    database.close()
    assert is_encrypted(tmp_path / "trial.sqlite3")
    record_property("figure", f"{KILLS} kills on an encrypted database: {acknowledged} acknowledged; {aftermath}")
    assert aftermath == NOTHING_WRONG
    assert acknowledged >= KILLS * 8


def test_killed_at_random_while_it_is_rewritten_it_is_whole_each_time(
    settings: Settings, tmp_path: Path, record_property: Record
) -> None:
    file, chance, ends, longest = tmp_path / "trial.sqlite3", random.Random(7), Counter[str](), 2.0
    with closing(connect(file, key_of(settings))) as connection:
        connection.execute("CREATE TABLE told (number INTEGER PRIMARY KEY, words TEXT)")
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO told (words) VALUES (?)", [(f"word {n} " * 60,) for n in range(ROWS)])
        connection.execute("COMMIT")
        before = connection.execute("SELECT count(*), sum(length(words)) FROM told").fetchone()
    for _ in range(RUNS):
        what = chance.choice(("change_key", "decrypt")) if is_encrypted(file) else "encrypt"
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, what],
            stdout=subprocess.PIPE,
            env={**os.environ, "CASEAUDIT_DATABASE_URL": settings.database_url},
        )
        with process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            started = time.monotonic()
            try:
                process.wait(chance.uniform(0, longest))
                longest = min(longest, 1.2 * (time.monotonic() - started))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
            is_done = b"done" in process.stdout.read()
        ends[f"{what} {'done' if is_done else 'killed'}"] += 1
        with closing(connect(file, key_of(settings))) as connection:
            assert connection.execute("SELECT count(*), sum(length(words)) FROM told").fetchone() == before
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    record_property("figure", f"{RUNS} runs, killed at random, whole each time: {dict(sorted(ends.items()))}")
    assert ends["change_key killed"]
    assert ends["encrypt killed"]
