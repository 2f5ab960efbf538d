"""A test run fails when a writing transaction takes long, whatever it does meanwhile, unless a reason is given."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Each of these is run as a test of its own in another run of the tests.
INNER = """
import threading
import time

import pytest

from models.storage.database import Database, open_database
from tests.writing_times import filling_for_a_test

COUNT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT max(i) FROM n"


@pytest.fixture
def database(tmp_path):
    database = open_database(f"sqlite:///{tmp_path}/inner.sqlite3")
    yield database
    database.close()


AGAIN = [0.6, 0]


@pytest.fixture(scope="module")
def shared():
    return []


def test_changes_what_is_shared_and_stands_still_once(shared, database):
    assert shared == []
    shared.append("changed")
    with database.writing():
        time.sleep(AGAIN.pop(0))


def test_quick(database):
    with database.writing():
        pass
    time.sleep(0.6)


def test_sleeps(database):
    with database.writing():
        time.sleep(0.6)


def test_computes(database):
    with database.writing():
        ends = time.thread_time() + 0.6
        while time.thread_time() < ends:
            pass


def test_asks_the_database_for_much(database):
    with database.writing() as session:
        began = time.thread_time()
        while True:
            session.connection().exec_driver_sql(COUNT).scalar()
            if time.thread_time() - began > 0.6:
                break


def test_sleeps_in_another_thread(database):
    def write():
        with database.writing():
            time.sleep(0.6)

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()


def test_refused_late(database):
    with pytest.raises(ValueError), database.writing():
        time.sleep(0.6)
        raise ValueError


@pytest.fixture
def slowly_made(database):
    with database.writing():
        time.sleep(0.6)


def test_of_what_was_slowly_made(slowly_made):
    pass


@pytest.mark.writes_long("It is an exception.")
def test_excepted(database):
    with database.writing():
        time.sleep(0.6)


@pytest.mark.writes_long
def test_excepted_without_a_reason(database):
    with database.writing():
        time.sleep(0.6)


SLOW = [0.6, 0]


def test_stands_still_once(database):
    with database.writing():
        time.sleep(SLOW.pop(0))


def test_fills(database):
    with filling_for_a_test(), database.writing():
        time.sleep(0.6)
"""
TOO_LONG = {
    "test_sleeps",
    "test_computes",
    "test_asks_the_database_for_much",
    "test_sleeps_in_another_thread",
    "test_refused_late",
    "test_of_what_was_slowly_made",
}


def test_a_run_fails_and_names_whatever_wrote_for_too_long_in_any_of_its_processes(tmp_path: Path) -> None:
    inner = tmp_path / "test_inner.py"
    inner.write_text(INNER)
    plugins = ("xdist.plugin", "tests.writing_times", "no:cacheprovider")
    command = ["-m", "pytest", "-q", *(word for plugin in plugins for word in ("-p", plugin)), "-n", "2"]
    place = ["--rootdir", str(tmp_path), "-c", str(ROOT / "pyproject.toml")]
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    run = subprocess.run(
        [sys.executable, *command, *place, str(inner)],
        cwd=ROOT,
        env=alone,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1, run.stdout
    said = [line for line in run.stdout.splitlines() if line.startswith("Wrote for over 250 ms:")]
    assert {line.split("::")[1].split()[0] for line in said} == TOO_LONG, run.stdout
    assert "writes_long takes one text: the reason." in run.stdout
    assert f"{len(TOO_LONG) + 1} errors" in run.stdout
    assert " failed" not in run.stdout.splitlines()[-1], run.stdout
