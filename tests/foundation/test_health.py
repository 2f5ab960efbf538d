"""Whoever watches the service learns whether it lives and whether it can work, even when it can do nothing else."""

import re
import resource
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import anyio
import anyio.lowlevel
import anyio.to_thread
import httpx2
import pytest
import time_machine
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError

from api.app import create_app
from api.foundation import workers as workers_of_the_service
from api.foundation.health import readiness
from api.foundation.health.readiness import Check
from api.foundation.settings import Settings
from api.foundation.workers import Workers
from models import clock, now
from models.storage.database import Database, open_database
from models.storage.sqlite_engine import NoRoom
from tests.client import Client
from tests.service import service_on

LIVE, READY = "/api/v1/health/live", "/api/v1/health/ready"


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    # Other tests put the clock.
    monkeypatch.setattr(clock, "CLOCK", clock.Clock())
    monkeypatch.setattr(readiness, "REMEMBERED_SECONDS", 0)
    monkeypatch.setattr(readiness, "FAILED_LATELY_SECONDS", 1)


def reason(app: FastAPI) -> str:
    """Why it is not ready."""
    with Client(app) as client:
        answer = client.get(READY)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    return str(answer.json()["detail"])


@pytest.mark.fast
@pytest.mark.both_databases
def test_a_service_that_can_work_says_so_and_what_was_looked_at(app: FastAPI) -> None:
    with Client(app) as client:
        assert client.get(LIVE).json() == {"status": "up"}
        answer = client.get(READY)
    assert answer.status_code == 200
    assert answer.json()["checks"] == [
        {"name": "database", "ok": True, "detail": "The database can be read and written.", "warning": False},
        {"name": "queues", "ok": True, "detail": "Background work is running.", "warning": False},
        {"name": "workers", "ok": True, "detail": "Background work is succeeding.", "warning": False},
        {"name": "clock", "ok": True, "detail": "The clock has not jumped.", "warning": False},
    ]


def test_a_jump_of_the_clock_is_shown_and_stops_nothing(app: FastAPI) -> None:
    with Client(app) as client, time_machine.travel(now() + timedelta(hours=2), tick=True):
        answer = client.get(READY)
        assert answer.status_code == 200
        shown = answer.json()["checks"][-1]
    assert (shown["name"], shown["ok"]) == ("clock", True)
    assert re.fullmatch(
        r"Last clock jump: the clock was put forward by (2:00:00|1:59:59)[.0-9]*, to .* UTC\.", shown["detail"]
    )


def test_a_worker_that_fails_again_and_again_is_told_of_until_it_works(app: FastAPI) -> None:
    workers: Workers = app.state.workers

    def fails() -> None:
        raise ValueError("no reason")

    async def rounds(work: Callable[[], None], times: int) -> None:
        for _ in range(times):
            await workers.one_round("signing", work)

    workers.add("signing", 5)
    anyio.run(rounds, fails, 2)
    with Client(app) as client:
        assert client.get(READY).status_code == 200
        anyio.run(rounds, fails, 1)
        assert reason(app) == "Background work keeps failing: signing."
        anyio.run(rounds, lambda: None, 1)
        assert client.get(READY).status_code == 200


def test_work_that_lost_the_database_is_tried_again_long_before_its_interval_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workers_of_the_service, "AGAIN_SECONDS", 0.001)
    nobody = open_database("postgresql://nobody@/none?host=/nowhere")
    workers, runs, worked = Workers(), 0, threading.Event()

    def loses_it_twice() -> None:
        nonlocal runs
        runs += 1
        if runs < 3:
            with nobody.reading() as session:
                session.connection()
        worked.set()

    def fails_otherwise() -> None:
        raise ValueError("no reason")

    async def until_it_works() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(workers.every, 3600, "housekeeping", loses_it_twice)
            group.start_soon(workers.every, 3600, "daily verifying", fails_otherwise)
            await anyio.lowlevel.checkpoint()
            workers.wake("housekeeping", "daily verifying")
            assert await anyio.to_thread.run_sync(worked.wait, 20)
            group.cancel_scope.cancel()

    anyio.run(until_it_works)
    assert (runs, workers.problems) == (3, [])


def test_work_that_fails_for_hours_is_logged_now_and_then(caplog: pytest.LogCaptureFixture) -> None:
    run = 0.0
    workers = Workers(monotonic=lambda: run)
    workers.add("signing", 5)

    def fails() -> None:
        raise OSError("no disk")

    async def for_an_hour() -> None:
        nonlocal run
        for _ in range(720):
            run += 5
            await workers.one_round("signing", fails)

    anyio.run(for_an_hour)
    assert 3 + 11 <= caplog.text.count("work in the background failed: signing") <= 3 + 12


def test_a_worker_that_does_not_end_its_round_is_told_of(app: FastAPI) -> None:
    run = 1_000.0
    app.state.workers = workers = Workers(monotonic=lambda: run)
    workers.add("exports", 2)
    workers.add("forgetting", 3600)
    seen: list[list[str]] = []

    def takes_long() -> None:
        nonlocal run
        for seconds in (299, 2, 5 * 3600 - 302, 2):
            run += seconds
            seen.append(workers.problems)
        assert reason(app).startswith("Background work is stuck: ")

    async def both() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(workers.one_round, "forgetting", let_go.wait)
            await anyio.lowlevel.checkpoint()
            await workers.one_round("exports", takes_long)
            let_go.set()

    let_go = threading.Event()
    anyio.run(both)
    say = "Background work is stuck: {}.".format
    assert seen == [[], [say("exports")], [say("exports")], [say("exports, forgetting")]]
    assert workers.problems == []


WORKERS = {
    "settling",
    "exports",
    "jobs",
    "more jobs",
    "log of SQLite",
    "statistics",
    "signing",
    "marking",
    "connections",
    "memory",
    "escalating",
    "verifying",
    "daily verifying",
    "backups",
    "reminders of actions",
    "notices of follow-ups",
    "reminders of joint audits",
    "tallies",
    "audit programme",
    "erased cases",
    "retention",
    "housekeeping",
    "leading",
}


def test_the_service_watches_its_workers_while_it_runs(settings: Settings) -> None:
    app = create_app(settings)

    async def names() -> set[str]:
        async with app.router.lifespan_context(app):
            with anyio.fail_after(20):
                while len(app.state.workers.names) < len(WORKERS):
                    await anyio.lowlevel.checkpoint()
            return set(app.state.workers.names)

    assert anyio.run(names) == WORKERS


def test_live_and_ready_are_answered_when_no_thread_is_free(app: FastAPI) -> None:
    async def ask() -> list[int]:
        threads = anyio.to_thread.current_default_thread_limiter()
        holders = [object() for _ in range(int(threads.total_tokens))]
        for holder in holders:
            threads.acquire_on_behalf_of_nowait(holder)
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://testserver") as client:
            with anyio.fail_after(20):
                statuses = [(await client.get(path)).status_code for path in (LIVE, READY)]
        for holder in holders:
            threads.release_on_behalf_of(holder)
        return statuses

    assert anyio.run(ask) == [200, 200]


@pytest.mark.both_databases
def test_a_database_that_does_not_answer_is_told_of_in_time_and_asked_once(
    app: FastAPI, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go, asked = threading.Event(), 0

    def never(_: object) -> None:
        nonlocal asked
        asked += 1
        let_go.wait(30)

    monkeypatch.setattr(readiness, "ANSWER_SECONDS", 0.2)
    for kind in ("sqlite", "postgresql"):
        monkeypatch.setattr(readiness, f"write_to_{kind}", never)
    try:
        assert [reason(app) for _ in range(3)] == ["The database does not answer."] * 3
        assert asked == 1
    finally:
        let_go.set()


def test_however_many_ask_the_database_is_asked_once_in_a_while(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(readiness, "REMEMBERED_SECONDS", 60)
    for kind in ("sqlite", "postgresql"):
        monkeypatch.setattr(readiness, f"write_to_{kind}", asked.append)
    with Client(app) as client:
        assert [client.get(READY).status_code for _ in range(5)] == [200] * 5
    assert len(asked) == 1


@pytest.mark.both_databases
def test_a_database_that_only_reads_is_not_ready(app: FastAPI, database: Database) -> None:
    if database.engine.dialect.name == "sqlite":
        with database.engine.connect() as connection:
            connection.connection.cursor().execute("PRAGMA query_only = ON")
        assert reason(app) == "The database cannot be read or written."
        return
    name = database.engine.url.database
    with database.writing() as session:
        session.connection().exec_driver_sql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    database.engine.dispose()
    assert reason(app) == "The database cannot be read or written."


def test_the_writer_of_sqlite_is_not_waited_for(app: FastAPI, database: Database) -> None:
    with database.writing() as session, Client(app) as client:
        session.connection()
        started = time.monotonic()
        assert client.get(READY).status_code == 200
        assert time.monotonic() - started < 5


def test_a_further_check_that_fails_is_told_with_its_reason(app: FastAPI) -> None:
    app.state.readiness.more.append(lambda: Check("mail", ok=False, detail="Mail has stood still for an hour."))
    assert reason(app) == "Mail has stood still for an hour."
    app.state.readiness.more.clear()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MB, where this machine lets us make one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.fixture
def migrated_copy(tmp_path: Path, migrated_sqlite_file: Path) -> Path:
    copy = tmp_path / "copy.sqlite3"
    shutil.copyfile(migrated_sqlite_file, copy)
    return copy


def write_much(database: Database, kilobytes: int = 2000) -> None:
    with database.writing() as session:
        session.connection().exec_driver_sql("CREATE TABLE IF NOT EXISTS filling (content blob)")
        session.connection().exec_driver_sql(f"INSERT INTO filling VALUES (randomblob({kilobytes * 1024}))")


def fill(file: Path) -> None:
    """Write until there is no room for more."""
    with suppress(OSError), file.open("wb", buffering=0) as filled:
        while True:
            filled.write(bytes(4096))


def test_a_full_disk_is_not_ready_until_there_is_room_again(small_disk: Path, migrated_copy: Path) -> None:
    file = small_disk / "audits.db"
    shutil.copyfile(migrated_copy, file)
    url = f"sqlite:///{file}"
    database = open_database(url)
    app = service_on(Settings(database_url=url), database)
    with Client(app) as client:
        assert client.get(READY).status_code == 200
        filling = small_disk / "filling"
        fill(filling)
        assert reason(app) == "The database disk is full."
        with pytest.raises(NoRoom):
            write_much(database)
        assert client.get(LIVE).status_code == 200
        filling.unlink()
        wait_until_ready(client)
        write_much(database)
    database.close()


def test_a_disk_that_fails_only_in_writing_is_not_ready(migrated_copy: Path) -> None:
    """There is room, and yet a write of an ordinary size fails; the few bytes of the probe may still go through."""
    url = f"sqlite:///{migrated_copy}"
    database = open_database(url)
    app = service_on(Settings(database_url=url), database)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Client(app) as client:
        assert client.get(READY).status_code == 200
        resource.setrlimit(resource.RLIMIT_FSIZE, (migrated_copy.stat().st_size + 4096, hard))
        try:
            with pytest.raises(OperationalError):
                write_much(database)
            assert reason(app) in {"The last write to the database failed.", "The database cannot be read or written."}
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        wait_until_ready(client)
    database.close()


def wait_until_ready(client: Client) -> None:
    deadline = time.monotonic() + 20
    while client.get(READY).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)
