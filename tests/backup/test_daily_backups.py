"""The service makes a backup every day, deletes old ones, and tells when there is none."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from pydantic import ValidationError

from api.app import create_app
from api.backup import actions, schedule, seen
from api.backup.actions import check_backup, newest_backup, remove_old_backups
from api.backup.archive import Keys, new_identity
from api.backup.lease import Lease
from api.backup.schedule import back_up_when_due
from api.backup.watching import check_backups
from api.foundation.settings import Settings
from models import now
from models.storage.database import Database
from tests.client import Client
from tests.factories import Cast, a_cast, client_for

IDENTITY, RECIPIENT = new_identity()


@pytest.fixture(autouse=True)
def nothing_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "_seen", {})


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    folder = tmp_path / "backups"
    folder.mkdir()
    return Settings(database_url=database_url, backup_folder=folder, backup_recipients=RECIPIENT)


def folder_of(settings: Settings) -> Path:
    assert settings.backup_folder is not None
    return settings.backup_folder


def an_old_one(settings: Settings, made: datetime) -> Path:
    file = folder_of(settings) / f"caseaudit-{made:%Y%m%dT%H%M%SZ}.backup"
    file.write_bytes(b"")
    return file


def fail_with(problem: str, database: Database, settings: Settings) -> None:
    """Let the attempt that is due fail."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schedule, "_back_up_elsewhere", lambda *_: problem)
        back_up_when_due(database, settings)


@pytest.mark.both_databases
def test_a_backup_is_made_once_a_day_and_can_be_opened(database: Database, settings: Settings) -> None:
    a_cast(database)
    assert back_up_when_due(database, settings) == 1
    (made,) = folder_of(settings).iterdir()
    assert check_backup(settings, made, keys=Keys((IDENTITY,))).events
    assert back_up_when_due(database, settings) == 0
    state = seen.last_seen(settings)
    assert state is not None
    assert (state.newest, state.problem) == (newest_backup(folder_of(settings)), "")


def test_old_backups_are_deleted_when_a_new_one_is_made(database: Database, settings: Settings) -> None:
    start = now() - timedelta(days=400)
    old = [an_old_one(settings, start + timedelta(days=day)) for day in range(100)]
    assert back_up_when_due(database, settings) == 1
    assert len([*folder_of(settings).iterdir()]) < 20
    assert not old[0].exists()


def test_what_a_killed_process_left_unfinished_is_deleted_a_day_later(settings: Settings) -> None:
    left = [
        folder_of(settings) / f".caseaudit-{now() - timedelta(hours=hours):%Y%m%dT%H%M%SZ}.backup.unfinished"
        for hours in (1, 25)
    ]
    for each in left:
        each.touch()
    (folder_of(settings) / ".notes.unfinished").touch()
    assert remove_old_backups(folder_of(settings)) == []
    assert {each.name for each in folder_of(settings).iterdir()} == {left[0].name, ".notes.unfinished"}


def test_a_clock_that_starts_in_the_past_makes_one_backup_a_day_and_deletes_none(settings: Settings) -> None:
    folder = folder_of(settings)
    whole = {an_old_one(settings, now() - timedelta(days=day)) for day in range(400)}
    remove_old_backups(folder)
    kept = {*folder.iterdir()} & whole
    with time_machine.travel(datetime(2000, 1, 1, 12, tzinfo=UTC), tick=False):
        made = an_old_one(settings, now())
        assert remove_old_backups(folder) == []
        assert newest_backup(folder) == now(), "or another would be made every minute"
    assert {*folder.iterdir()} == {*kept, made}


@pytest.mark.parametrize(
    ("newest", "at", "due"),
    [
        ("2026-11-28 02:10", "2026-11-29 01:59", False),
        ("2026-11-28 02:10", "2026-11-29 02:00", True),
        # That of the day before was not made.
        ("2026-11-27 02:10", "2026-11-29 00:10", True),
        ("2026-11-29 02:01", "2026-11-29 23:59", False),
        # Made while the clock was a year ahead.
        ("2027-11-29 02:01", "2026-11-29 02:00", True),
        # 01:30 UTC is 02:30 in British summer time.
        ("2026-06-28 01:10", "2026-06-29 01:30", True),
        ("2026-06-28 01:10", "2026-06-29 00:30", False),
    ],
)
def test_the_days_backup_is_made_from_two_in_the_morning_local_time(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, newest: str, at: str, *, due: bool
) -> None:
    asked: list[Settings] = []

    def ask(_: Lease, given: Settings, __: object) -> str:
        asked.append(given)
        return ""

    monkeypatch.setattr(schedule, "_back_up_elsewhere", ask)
    for module in (schedule, actions):
        monkeypatch.setattr(module, "now", lambda: datetime.fromisoformat(at).replace(tzinfo=UTC))
    an_old_one(settings, datetime.fromisoformat(newest).replace(tzinfo=UTC))
    back_up_when_due(database, settings)
    assert bool(asked) == due


def test_what_is_wrong_is_logged_shown_and_over_with_the_next_backup(
    database: Database, settings: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = folder_of(settings)
    there.rmdir()
    assert back_up_when_due(database, settings) == 0
    said = check_backups(settings)
    assert said is not None
    assert (said.ok, said.warns) == (True, True)
    assert said.detail == f"No backup yet. The last attempt failed: {there} cannot be used: No such file or directory."
    there.mkdir()
    wrong = settings.model_copy(update={"backup_recipients": "age1nobody"})
    for _ in range(3):  # tried once: the next attempt waits
        assert back_up_when_due(database, wrong) == 0
    assert caplog.text.count("This is not an age recipient.") == 1
    assert [*there.iterdir()] == []
    assert back_up_when_due(database, settings) == 0
    monkeypatch.setattr(schedule, "RETRY_SECONDS", 0)
    assert back_up_when_due(database, settings) == 1
    said = check_backups(settings)
    assert said is not None
    assert re.fullmatch(r"Newest backup: [0-9T:-]+Z\.", said.detail)
    assert not said.warns


def test_a_process_that_is_killed_made_no_backup(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "LONGEST", timedelta(seconds=0.01))
    assert back_up_when_due(database, settings) == 0
    state = seen.last_seen(settings)
    assert state is not None
    assert state.problem == schedule.NOT_COMPLETED


def test_a_folder_needs_a_recipient(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="set CASEAUDIT_BACKUP_RECIPIENTS too"):
        Settings(backup_folder=tmp_path)


def shown(settings: Settings, database: Database, cast: Cast) -> tuple[str, str, dict[str, Any]]:
    """What the home page, the page of backups and REST say to an administrator."""
    with client_for(create_app(settings, database), cast.ada) as ada:
        found: dict[str, Any] = ada.get("/api/v1/backups").json()
        return ada.get("/").text, ada.get("/backups").text, found


@pytest.mark.both_databases
def test_administrators_are_told_of_a_missing_backup_and_auditors_are_not(
    database: Database, settings: Settings
) -> None:
    cast = a_cast(database)
    start, page, found = shown(Settings(database_url=settings.database_url), database, cast)
    assert "No backup" not in start
    assert "does not make backups itself" in page
    assert found == {"made_daily": False, "newest_at": None, "missing": False, "problem": ""}
    start, page, found = shown(settings, database, cast)
    assert "No backup" not in start
    assert "has not checked the backups yet" in page
    assert found == {"made_daily": True, "newest_at": None, "missing": None, "problem": ""}

    an_old_one(settings, now() - timedelta(days=3))
    fail_with("The disk is full.", database, settings)
    start, page, found = shown(settings, database, cast)
    assert "No backup since" in start
    assert "No backup since" in page
    assert "The disk is full." in page
    assert (found["missing"], found["problem"]) == (True, "The disk is full.")
    with client_for(create_app(settings, database), cast.asha) as asha:
        assert "No backup" not in asha.get("/").text
        assert asha.get("/backups").status_code == 403

    an_old_one(settings, now())
    back_up_when_due(database, settings)
    start, page, found = shown(settings, database, cast)
    assert "No backup" not in start + page
    assert "Up to date" in page
    assert (found["missing"], found["problem"]) == (False, "")


def test_readiness_warns_and_still_says_that_requests_can_be_served(database: Database, settings: Settings) -> None:
    with Client(create_app(settings, database)) as client:
        assert client.get("/api/v1/health/ready").json()["checks"][-1]["name"] == "clock"
        an_old_one(settings, now() - timedelta(hours=37))
        fail_with("The disk is full.", database, settings)
        answer = client.get("/api/v1/health/ready")
    assert answer.status_code == 200
    check = answer.json()["checks"][-1]
    assert (check["name"], check["ok"], check["warning"]) == ("backups", True, True)
