"""Background work runs in the process that leads, and in every process only where it says so."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import anyio
import pytest
import time_machine

from api.foundation import background
from api.foundation.background import BackgroundWork, background_work, delete_expired
from api.foundation.settings import Settings
from api.foundation.workers import Workers
from models import clock, now
from models.clock import Clock, earliest
from models.storage.database import Database
from tests.desk import Desk


@dataclass
class Led:
    """A leader that says what it is told to."""

    leads: bool


def runs(database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, *, leads: bool) -> dict[str, int]:
    """How often led work ran, and work for every process, until that of every process ran five times."""
    ran = {"led": 0, "everywhere": 0, "before requests": 0}
    enough = anyio.Event()

    def run(name: str) -> None:
        ran[name] += 1
        if ran["everywhere"] >= 5 and (not leads or ran["led"] >= 1):
            anyio.from_thread.run_sync(enough.set)

    work = [
        BackgroundWork("led", 0.001, lambda *_: run("led")),
        BackgroundWork("everywhere", 0.001, lambda *_: run("everywhere"), everywhere=True),
        BackgroundWork("before requests", 3600, lambda *_: run("before requests"), before_requests=True),
    ]
    monkeypatch.setattr(background, "BACKGROUND_WORK", work)

    async def serve() -> None:
        with anyio.fail_after(20):
            async with background_work(database, settings, Workers(), Led(leads)):
                await enough.wait()

    anyio.run(serve)
    return ran


def test_a_process_that_leads_runs_all_of_it(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = runs(database, settings, monkeypatch, leads=True)
    assert ran["led"] >= 1
    assert ran["before requests"] == 1


def test_a_process_that_does_not_lead_runs_what_is_for_every_process(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = runs(database, settings, monkeypatch, leads=False)
    assert ran["led"] == 0
    assert ran["everywhere"] >= 5
    assert ran["before requests"] == 1, "it prepares this process, and none may answer before"


def test_what_cannot_be_deleted_keeps_no_other_expired_data_and_is_told(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleted: list[Database] = []

    def fail(_: Database) -> None:
        raise ValueError

    monkeypatch.setattr(background, "HOUSEKEEPING", [fail, deleted.append])
    with pytest.raises(ValueError):  # noqa: PT011 - ready and the doctor tell of work that keeps failing
        delete_expired(database)
    assert deleted == [database]


class Housekeeper:
    """Runs the housekeeping in a process that starts at a time; by what moment each run deleted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, desk: Desk) -> None:
        self._patch, self._desk = monkeypatch, desk
        monkeypatch.setattr(background, "HOUSEKEEPING", [lambda _: self.moments.append(earliest())])
        self.moments: list[datetime] = []

    def deletes_by(self) -> datetime:
        self._patch.setattr(clock, "CLOCK", Clock())  # which knows of no jump
        delete_expired(self._desk.database)
        return self.moments[-1]


@pytest.mark.both_databases
def test_a_machine_that_starts_with_a_wrong_year_deletes_nothing_that_is_kept_for_days(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    housekeeper, at = Housekeeper(monkeypatch, desk), now()
    with time_machine.travel(at + timedelta(days=365)) as travelled:
        assert housekeeper.deletes_by() <= at
        desk.a_round(title="Used with the wrong year")
        travelled.shift(timedelta(days=6))
        assert housekeeper.deletes_by() <= at
        travelled.shift(timedelta(days=2))
        assert now() - housekeeper.deletes_by() < timedelta(minutes=1), "people have had a week to notice"


def test_a_service_that_is_used_deletes_by_its_clock(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    housekeeper = Housekeeper(monkeypatch, desk)
    with time_machine.travel(now() + timedelta(days=36)):
        assert now() - housekeeper.deletes_by() < timedelta(minutes=1)
