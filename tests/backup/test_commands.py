"""The commands for backups at a terminal: what they print, how they end, and that what they write is private."""

import re
from pathlib import Path

import pytest

from models.storage.sqlite_engine import can_encrypt
from tests.whole_service.test_command_line import rows_of, run


@pytest.fixture
def url(tmp_path: Path) -> str:
    found = f"sqlite:///{tmp_path / 'here.db'}"
    assert run("migrate", url=found).returncode == 0
    return found


def test_a_key_is_made_a_backup_written_checked_and_restored(url: str, tmp_path: Path) -> None:
    key, folder, there = tmp_path / "key.txt", tmp_path / "backups", f"sqlite:///{tmp_path / 'there.db'}"
    folder.mkdir()
    printed = run("backup-key", str(key), url=url).stdout
    recipient = re.search(r"age1[a-z0-9]+", printed)
    assert recipient is not None
    assert run("backup-key", str(key), url=url).returncode == 1  # never over a key
    old = folder / "caseaudit-20200101T000000Z.backup"
    old.write_bytes(b"")
    newer = [folder / f"caseaudit-2020{month:02}02T000000Z.backup" for month in range(1, 13)]
    for each in newer:
        each.write_bytes(b"")
    done = run("backup", str(folder), "--keep", url=url, CASEAUDIT_BACKUP_RECIPIENTS=recipient[0])
    assert (done.returncode, done.stderr) == (0, "")
    assert not old.exists()
    (made,) = {*folder.iterdir()} - {*newer}
    assert f"Backup written to {made}." in done.stdout
    checked = run("verify-backup", str(made), "--key", str(key), url=url)
    assert (checked.returncode, "This backup can be restored." in checked.stdout) == (0, True)
    restored = run("restore", str(made), "--key", str(key), url=there)
    assert restored.returncode == 0, restored.stderr
    assert "Put your copy of the trail key at" in restored.stdout
    assert (f"Its key is at {tmp_path / 'there.db.database-key'}: keep a copy" in restored.stdout) is can_encrypt()
    assert rows_of(there, "alembic_version") == 1
    again = run("restore", str(made), "--key", str(key), url=there)
    assert (again.returncode, "already" in again.stderr, "Traceback" in again.stderr) == (1, True, False)
    for file in (key, made, tmp_path / "here.db", tmp_path / "there.db"):
        assert file.stat().st_mode & 0o077 == 0, file


def test_what_is_missing_is_said_in_a_sentence(url: str, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_bytes(b"\n")
    for words, said in (
        (("backup", str(tmp_path)), "Give at least one age recipient, or a passphrase."),
        (("backup", str(tmp_path), "--recipient", "age1nobody"), "This is not an age recipient."),
        (("backup", str(tmp_path), "--passphrase-file", str(empty)), "is empty"),
        (("verify-backup", str(empty)), "Give --key or --passphrase-file."),
        (("verify-backup", str(empty), "--key", str(tmp_path / "none")), "cannot be used: No such file or directory."),
        (("restore", str(tmp_path / "none"), "--key", str(empty)), "already"),
    ):
        done = run(*words, url=url)
        assert (done.returncode, said in done.stderr, "Traceback" in done.stderr) == (1, True, False), done.stderr
