"""On an encrypted database the service does all that it does, and no file of it holds a word of a case."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.backup import seen
from api.backup.actions import check_backup
from api.backup.archive import Keys, new_identity
from api.backup.schedule import back_up_when_due
from api.erasure.purging import purge
from api.foundation.http import running
from api.foundation.jobs.doing import run_next_job
from api.foundation.settings import Settings
from api.release.snapshots.long_work import MakeSnapshot
from api.trail.checkpoint_signer import CheckpointSigner
from api.trail.verifying import actions as verifying
from tests.desk import Desk, a_desk
from tests.encrypted import CANARY, encrypted_desk, files_with
from tests.factories import a_key
from tests.filling import fill_round, teams_of

AUDITS = 12
IDENTITY, RECIPIENT = new_identity()
pytestmark = [pytest.mark.usefixtures("processes_of_their_own", "temporary_folder")]


def with_audits(desk: Desk) -> None:
    fill_round(desk, teams_of(desk, "South"), audits=AUDITS, seed=3)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Of a database whose key a command gives, which the processes of the service cannot run again."""
    store = tmp_path / "store"
    store.write_text("5a" * 32)
    return Settings(
        database_url=database_url,
        database_encryption="required",
        database_key_command=f"cat {store}",
        trail_key_file=tmp_path / "keys" / "trail-key",
        backup_folder=tmp_path / "backups",
        backup_recipients=RECIPIENT,
    )


@pytest.fixture
def desk(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(MakeSnapshot, "most_at_once", 1)
    monkeypatch.setattr(running, "WAIT_FOR_JOB_SECONDS", 0)
    monkeypatch.setattr(seen, "_seen", {})
    (tmp_path / "keys").mkdir()
    (tmp_path / "backups").mkdir()
    with a_desk(settings.database_url, fill=with_audits) as plain, encrypted_desk(plain, settings) as made:
        made.answer(made.an_audit(), rationale=CANARY)
        yield made


def test_a_job_is_done_in_its_own_process(desk: Desk, settings: Settings) -> None:
    body = {"round_id": str(desk.round_id), "title": "Spring", "smallest": 10}
    accepted = desk.browser(desk.cast.lena).post("/api/v1/snapshots", json=body, headers=a_key())
    assert accepted.status_code == 202
    assert run_next_job(desk.database, settings)
    over = desk.browser(desk.cast.lena).get(accepted.headers["location"]).json()
    assert (over["state"], over["size"]) == ("done", AUDITS)


def test_the_trail_is_verified_in_its_own_process(desk: Desk, settings: Settings) -> None:
    CheckpointSigner.of(settings)
    found = verifying._verify_elsewhere(desk.database, settings, desk.cast.organisation.id or 0)
    assert found["events"] > 0
    assert verifying.NOT_COMPLETED not in found["said"]


def test_the_daily_backup_is_made_in_its_own_process_and_no_file_holds_a_word(desk: Desk, settings: Settings) -> None:
    folder = settings.backup_folder
    assert folder is not None
    assert back_up_when_due(desk.database, settings) == 1
    (made,) = folder.iterdir()
    assert check_backup(settings, made, keys=Keys((IDENTITY,))).events
    assert files_with(CANARY, folder.parent) == set()
    assert files_with("5a" * 32, folder) == set()


def test_a_database_that_is_rewritten_after_an_erasure_stays_encrypted(desk: Desk, tmp_path: Path) -> None:
    purge(desk.database)
    with desk.database.reading() as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM audit").scalar_one() > AUDITS
    assert files_with(CANARY, tmp_path) == set()
